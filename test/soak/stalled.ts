// Two hundred clients that ask for twenty megabytes and read nothing, beside one that behaves.
import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/world.ts';
import { type Asked, ask, isAnswered } from '../crash/load.ts';
import { visit } from '../faults/client.ts';
import { type Act, done, end, finish, healthy, opens, role, send, usage, wait } from '../support/truth-bill/acts.ts';
import { type Check, openStage } from './stage.ts';

const MIB = 2 ** 20;
const PAGE_BYTES = 4096;
const EVENT_BYTES = 64_000;
/** Twenty megabytes in eighty seconds: far more than any model writes, and two hundred such streams at once are no load of their own. */
const EVERY_MS = 250;
const STREAM_BYTES = 20 * MIB;
const MOST_GROWTH_MIB = 300;
/** Beyond the limit, for a machine that is busy. */
const SPARE_MS = 6_000;
const BEFORE = 60;
const LOOK_MS = 100;
const LARGE = 100_000;
/** Until the kernel holds all it will of such a stream. */
const MOST_FILL_MS = 45_000;

const EVENT = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'a'.repeat(EVENT_BYTES) }, finish_reason: null }] })}\n\n`;
const large: readonly Act[] = [
  opens,
  role,
  ...Array.from({ length: Math.ceil(STREAM_BYTES / EVENT_BYTES) }, () => [wait(EVERY_MS), send(EVENT)]).flat(),
  finish(),
  usage(),
  done,
  end,
];

const residentMib = (pid: number): number =>
  (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES) / MIB;

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** Its own number, by which the books are held against the bill, far above those of the others. */
const bodyOf = (number: number): string =>
  JSON.stringify({
    model: 'auto/large',
    messages: [{ role: 'user', content: 'All of it.' }],
    max_tokens: LARGE + number,
    stream: true,
  });

export type StalledOf = { readonly clients: number; readonly limitMs: number; readonly nextNumber: () => number };

export const stalled = async ({ clients, limitMs, nextNumber }: StalledOf): Promise<readonly Check[]> => {
  await using stage = await openStage({
    scripts: { large: () => large, small: healthy },
    config: { timeouts: { client_write: `${limitMs / 1_000}s` } },
  });
  const { serving, seller } = stage;
  const polite: (Asked & { readonly tookMs: number })[] = [];
  const behave = async (): Promise<void> => {
    const number = nextNumber();
    const heard = await ask({ url: serving.url, number, policy: 'small', stream: true }).over;
    polite.push({ number, policy: 'small', stream: true, heard, tookMs: (heard.endedAt ?? 0) - heard.sentAt });
  };
  for (let count = 0; count < BEFORE; count += 1) await behave();
  const before = residentMib(serving.pid);
  const from = systemClock.elapsed();
  const port = Number(new URL(serving.url).port);
  const deaf = Array.from({ length: clients }, () =>
    visit({ port, path: '/v1/chat/completions', body: bodyOf(nextNumber()), deaf: true }, systemClock),
  );
  const theirs = () => seller.calls.filter(({ model }) => model === 'lab/large');
  let peak = before;
  const look = (): void => void (peak = Math.max(peak, residentMib(serving.pid)));
  const looking = setInterval(look, LOOK_MS);
  const isOver = (): boolean => theirs().length >= clients && theirs().every(({ ended }) => ended !== 'open');
  while (!isOver() && systemClock.elapsed() - from < MOST_FILL_MS + limitMs + SPARE_MS)
    await Promise.all([behave(), systemClock.sleep(LOOK_MS)]);
  clearInterval(looking);
  // First what the kernel holds has to be full, then the limit runs.
  const ends = theirs().map(({ at, goneAt }) => (goneAt ?? Number.POSITIVE_INFINITY) - at);
  const sent = Math.max(...theirs().map((call) => call.bytes())) / MIB;
  for (const each of deaf) each.leave();
  const [calm, busy] = [polite.slice(0, BEFORE), polite.slice(BEFORE)];
  const [usual, beside] = [calm, busy].map((all) =>
    quantile(
      all.map(({ tookMs }) => tookMs),
      0.95,
    ),
  );
  const turned = busy.filter((each) => !isAnswered(each));
  const longest = Math.max(...ends);
  return [
    {
      what: `${clients} stalled clients of 20 MB each: memory grew by ${Math.round(peak - before)} MiB, at most ${MOST_GROWTH_MIB}`,
      findings: peak - before <= MOST_GROWTH_MIB ? [] : ['it grew by more'],
    },
    {
      what: `they are let go ${Math.round(longest)} ms at most after they asked, the limit is ${limitMs} of not reading; of one stream at most ${sent.toFixed(1)} MiB were taken from the seller`,
      findings:
        theirs().length === clients && longest <= MOST_FILL_MS + limitMs + SPARE_MS && Math.min(...ends) >= limitMs
          ? []
          : [`${theirs().length} calls, ended after ${Math.round(Math.min(...ends))} … ${longest} ms`],
    },
    {
      what: `others beside them: ${busy.length - turned.length} of ${busy.length} answered, p95 ${Math.round(beside ?? 0)} ms, before ${Math.round(usual ?? 0)} ms`,
      findings: turned.map(({ heard: { status, body } }) => `${status} ${body.slice(0, 200)}`),
    },
    {
      what: 'what the stalled ones cost is on the books within what was set aside',
      findings: await stage.close(polite),
    },
  ];
};
