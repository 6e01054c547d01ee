// I2 as the client sees it: exactly one end, told honestly, and no part sold as a whole.
import { ANSWER_TOKENS } from '../support/truth-bill/acts.ts';
import { textOf } from '../support/truth-bill/answer.ts';
import { type Finding, finding } from './cell.ts';
import { eventsOf, type Heard } from './client.ts';
import type { Evidence } from './stand.ts';
import { SEED } from './world.ts';

const FINISHES: ReadonlySet<unknown> = new Set(['stop', 'length', 'tool_calls', 'function_call', 'content_filter']);

const sentence = (heard: Heard): string =>
  `status ${heard.status}, ended ${heard.ended}, body ${heard.body.slice(0, 300).replaceAll('\n', '⏎')}`;

const answered = ({ cell }: Evidence, { headers }: Heard): string | RegExp =>
  cell.expect.text ?? textOf(headers['x-bourse-provider'] ?? '', SEED, ANSWER_TOKENS);

const judgeText = (evidence: Evidence, heard: Heard, found: { readonly text: string; readonly finish: unknown }) => {
  const expected = answered(evidence, heard);
  const { finish } = evidence.cell.expect;
  return [
    ...((typeof expected === 'string' ? found.text === expected : expected.test(found.text))
      ? []
      : [finding('I2', `the answer is ${found.text.length} characters, not as given: ${found.text.slice(0, 120)}`)]),
    ...(FINISHES.has(found.finish) && (finish === undefined || finish === found.finish)
      ? []
      : [finding('I2', `finish_reason ${String(found.finish)} of a complete answer`)]),
  ];
};

type Ending = {
  readonly ends: 'answer' | 'error' | 'error-frame';
  readonly findings: readonly Finding[];
  readonly code?: string;
};

const judgeStream = (evidence: Evidence, heard: Heard): Ending => {
  const { chunks, done } = eventsOf(heard);
  const text = chunks.map((chunk) => chunk.choices?.[0]?.delta?.content ?? '').join('');
  const finish = chunks.flatMap((chunk) => chunk.choices?.[0]?.finish_reason ?? []);
  const errors = chunks.filter((chunk) => chunk.error !== undefined);
  if (done > 0) {
    const usage = chunks.some((chunk) => chunk.usage !== undefined && chunk.usage !== null);
    const findings = [
      ...judgeText(evidence, heard, { text, finish: finish[0] }),
      ...(done === 1 && errors.length === 0 && heard.ended === 'clean'
        ? []
        : [finding('I2', `not a clean end: ${sentence(heard)}`)]),
      ...(finish.length === 1 ? [] : [finding('I2', `${finish.length} finish reasons: ${finish.join()}`)]),
      ...(usage ? [] : [finding('I2', 'a complete stream without usage')]),
    ];
    return { ends: 'answer', findings };
  }
  const last = chunks.at(-1);
  const isFrame = errors.length === 1 && last?.error !== undefined && last.choices?.[0]?.finish_reason === 'error';
  const findings = [
    ...(isFrame
      ? []
      : [finding('I2', `a broken stream without exactly one error frame at its end: …${heard.body.slice(-300)}`)]),
    ...(heard.ended === 'clean' ? [finding('I2', 'a broken stream ended cleanly')] : []),
    ...(finish.some((reason) => FINISHES.has(reason))
      ? [finding('I2', 'a broken stream carries a finish reason')]
      : []),
  ];
  return { ends: 'error-frame', findings, ...(last?.error?.code === undefined ? {} : { code: last.error.code }) };
};

const judgeError = (heard: Heard): Ending => {
  const { error } = JSON.parse(heard.body || '{}') as {
    readonly error?: { readonly message?: unknown; readonly type?: unknown; readonly code?: string };
  };
  const whole = typeof error?.message === 'string' && typeof error.type === 'string' && typeof error.code === 'string';
  const findings = [
    ...(whole && heard.ended === 'clean' ? [] : [finding('I2', `not an OpenAI error: ${sentence(heard)}`)]),
    ...(heard.headers['x-should-retry'] === undefined ? [finding('I2', 'an error without x-should-retry')] : []),
  ];
  return { ends: 'error', findings, ...(error?.code === undefined ? {} : { code: error.code }) };
};

const judgeWhole = (evidence: Evidence, heard: Heard): Ending => {
  if (heard.ended !== 'clean') return { ends: 'answer', findings: [finding('I2', `cut: ${sentence(heard)}`)] };
  const body = JSON.parse(heard.body) as {
    readonly choices?: readonly {
      readonly message?: { readonly content?: string | null };
      readonly finish_reason?: string;
    }[];
    readonly usage?: object;
  };
  const [choice] = body.choices ?? [];
  const text = choice?.message?.content ?? '';
  const findings = [
    ...judgeText(evidence, heard, { text, finish: choice?.finish_reason }),
    ...(body.usage ? [] : [finding('I2', 'an answer without usage')]),
  ];
  return { ends: 'answer', findings };
};

const judge = (evidence: Evidence, heard: Heard): Ending => {
  if (heard.status !== 200) return judgeError(heard);
  return evidence.cell.stream ? judgeStream(evidence, heard) : judgeWhole(evidence, heard);
};

const judgeRetry = ({ cell }: Evidence, { headers }: Heard): readonly Finding[] => {
  const { retry, retryAfterMs } = cell.expect;
  const wait = Number(headers['retry-after-ms'] ?? Number.NaN);
  const isIn = retryAfterMs === undefined || (wait >= retryAfterMs[0] && wait <= retryAfterMs[1]);
  const retries = headers['x-should-retry'];
  return [
    ...(isIn
      ? []
      : [finding('I2', `retry-after-ms ${headers['retry-after-ms']}, expected ${retryAfterMs?.join('…')}`)]),
    ...(retry === undefined || retries === retry
      ? []
      : [finding('I2', `x-should-retry ${retries}, expected ${retry}`)]),
    ...(retries === 'true' && !(wait <= 60_000)
      ? [finding('I2', `x-should-retry true with retry-after-ms ${wait}`)]
      : []),
  ];
};

/** One request as its client heard it. */
export const judgeVisit = (evidence: Evidence, heard: Heard): readonly Finding[] => {
  const { expect } = evidence.cell;
  if (heard.ended === 'left') return expect.ends === 'left' ? [] : [finding('I2', 'the client left, unexpectedly')];
  if (heard.status === undefined) return [finding('I2', `no response: ${sentence(heard)}`)];
  const { ends, findings, code } = judge(evidence, heard);
  const wanted =
    expect.status.includes(heard.status) && (expect.ends === ends || expect.ends === 'any' || expect.ends === 'left');
  const isCode = code === undefined || expect.codes === undefined || expect.codes.includes(code);
  return [
    ...findings,
    ...(ends === 'error' ? judgeRetry(evidence, heard) : []),
    ...(wanted
      ? []
      : [
          finding(
            'I2',
            `expected ${expect.status.join('/')} ${expect.ends}, got ${ends} ${code ?? ''}: ${sentence(heard)}`,
          ),
        ]),
    ...(isCode ? [] : [finding('I2', `code ${code}, expected ${expect.codes?.join(' or ')}`)]),
  ];
};

/** I2, what the client sees of it: exactly one end, no part sold as a whole. */
export const hasOneEnd = (evidence: Evidence): readonly Finding[] =>
  evidence.visits.flatMap((heard) => judgeVisit(evidence, heard));
