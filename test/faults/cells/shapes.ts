// Answers of an odd shape: those that are none (a choice without a message, a call without a name), and harmless extras.
import {
  type Act,
  always,
  ANSWER_TOKENS,
  done,
  end,
  finish,
  head,
  JSON_TYPE,
  opens,
  role,
  send,
  tokens,
  usage,
} from '../../support/truth-bill/acts.ts';
import { textOf } from '../../support/truth-bill/answer.ts';
import { type Cell } from '../cell.ts';
import { SEED } from '../world.ts';
import { another, ONE, own, told } from './expect.ts';
import { cellsOf, type Row } from './rows.ts';

const base = { primary: 'openai', modes: 'N', group: 'beyond' } as const;
const counted: Act = { act: 'count', tokens: ANSWER_TOKENS };

const completion = (more: object, choices: readonly object[]): string =>
  JSON.stringify({ id: 'x', object: 'chat.completion', choices, ...more });
const choice = (index: number, finish_reason: string | null): object => ({
  index,
  message: { role: 'assistant', content: textOf('openai', SEED, 30) },
  finish_reason,
});

const choices: readonly Row[] = (
  [
    ['null', null],
    ['error', 'error'],
    ['unknown', 'banana'],
  ] as const
).map(([id, reason]) => ({
  ...base,
  id: `X-second-choice-${id}`,
  about: `Two choices, and the second ended with ${id}.`,
  body: { n: 2, max_tokens: 100 },
  script: always(head(200), counted, send(completion({}, [choice(0, 'stop'), choice(1, reason)])), end),
  zero: told(502, { primary: [1, 2], codes: ['upstream_exhausted'] }),
}));

/** A message that an SDK would stumble over, or a call nobody can carry out, is no answer. */
const shapeless: readonly Row[] = (
  [
    ['no-message', { message: undefined, finish_reason: 'stop' }],
    ['content-number', { message: { role: 'assistant', content: 7 }, finish_reason: 'stop' }],
    [
      'call-without-name',
      { message: { role: 'assistant', tool_calls: [{ id: 'a', function: {} }] }, finish_reason: 'tool_calls' },
    ],
  ] as const
).map(([id, odd]) => ({
  ...base,
  id: `X-shapeless-${id}`,
  about: `A whole answer that is none: ${id}.`,
  script: always(head(200), send(completion({}, [{ index: 0, ...odd }])), end),
  plus: another({ health: 'counted', flagged: true }),
}));

const framed = (body: string, headers: Record<string, string> = {}): readonly Act[] => [
  head(200, { ...JSON_TYPE, ...headers }),
  counted,
  send(body),
  end,
];
const text = textOf('openai', SEED, ANSWER_TOKENS);
const plain = completion({ error: null }, [
  { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' },
]);
const messagesText = textOf('anthropic', SEED, ANSWER_TOKENS);
const message = JSON.stringify({
  id: 'msg',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: messagesText }],
  stop_reason: 'end_turn',
  error: null,
});
const geminiText = textOf('gemini', SEED, ANSWER_TOKENS);
const generated = JSON.stringify({
  candidates: [{ content: { parts: [{ text: geminiText }] }, finishReason: 'STOP' }],
  error: null,
});

/** None of them carries usage, so each is settled at an estimate and says so. */
const harmless: readonly Row[] = (
  [
    ['bom', 'openai', framed(`\uFEFF${plain}`)],
    ['encoding-case', 'openai', framed(plain, { 'content-encoding': 'Identity' })],
    ['encoding-empty', 'openai', framed(plain, { 'content-encoding': '' })],
    ['no-error', 'anthropic', framed(message)],
    ['no-error', 'gemini', framed(generated)],
    ['bom', 'anthropic', framed(`\uFEFF${message}`)],
    ['bom', 'gemini', framed(`\uFEFF${generated}`)],
  ] as const
).map(([id, primary, acts]) => ({
  ...base,
  id: `X-${primary}-harmless-${id}`,
  about: `A whole answer with a harmless extra: ${id}.`,
  primary,
  script: always(...acts),
  zero: own({ health: 'untouched', flagged: true, total: ONE }),
}));

const compressed: Row = {
  ...base,
  id: 'X-encoding-lie',
  about: 'An answer that says it is compressed.',
  script: always(...framed(plain, { 'content-encoding': 'gzip' })),
  plus: another({ health: 'counted', flagged: true }),
};

/** As Azure sends it between two results of its filter. */
const FILTERED = {
  id: 'x',
  choices: [{ index: 0, finish_reason: null, content_filter_offsets: { check_offset: 44 } }],
};

const noDelta: Row = {
  ...base,
  id: 'X-choice-without-delta',
  about: 'A chunk whose choice has no delta.',
  modes: 'S',
  script: always(
    opens,
    role,
    tokens(20),
    send(`data: ${JSON.stringify(FILTERED)}\n\n`),
    tokens(ANSWER_TOKENS - 20),
    finish(),
    usage(),
    done,
    end,
  ),
  zero: own({ health: 'untouched' }),
};

export const SHAPES: readonly Cell[] = [...choices, ...shapeless, ...harmless, compressed, noDelta].flatMap(cellsOf);
