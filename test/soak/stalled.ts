// Two hundred clients that ask for twenty megabytes and read nothing, beside one that behaves.
import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/world.ts';
import { type Asked, ask, isAnswered } from '../crash/load.ts';
import { visit } from '../faults/client.ts';
import { type Act, done, end, finish, healthy, opens, role, send, usage, wait } from '../support/truth-bill/acts.ts';
import type { SeenCall } from '../support/truth-bill/provider.ts';
import { type Check, openStage } from './stage.ts';

const MIB = 2 ** 20;
const PAGE_BYTES = 4096;
const EVENT_BYTES = 64_000;
/** Twenty megabytes in 160 seconds: far more than any model writes. Until the kernel is full two hundred such streams are 26 MB a second. */
const EVERY_MS = 500;
const STREAM_BYTES = 20 * MIB;
const MOST_GROWTH_MIB = 300;
/** Beyond the limit, for a machine that is busy. */
const SPARE_MS = 6_000;
const BEFORE = 60;
const LOOK_MS = 100;
const LARGE = 100_000;

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

/** When each stream was last seen to move. First what the kernel holds has to be full, then the limit runs. */
const createMoves = (streams: () => readonly SeenCall[]) => {
  const seen = new Map<SeenCall, { bytes: number; at: number }>();
  const since = systemClock.elapsed();
  return {
    look: (): void => {
      for (const call of streams()) {
        const bytes = call.bytes();
        if (seen.get(call)?.bytes !== bytes) seen.set(call, { bytes, at: systemClock.elapsed() });
      }
    },
    lastOf: (call: SeenCall): number => seen.get(call)?.at ?? call.at,
    /** Of all of them. */
    last: (): number => Math.max(since, ...[...seen.values()].map(({ at }) => at)),
  };
};

export type StalledOf = { readonly clients: number; readonly limitMs: number; readonly nextNumber: () => number };

type Polite = Asked & { readonly tookMs: number };

/** Others, before the stalled ones came and beside them. */
const judgeOthers = (polite: readonly Polite[]): Check => {
  const [calm, busy] = [polite.slice(0, BEFORE), polite.slice(BEFORE)];
  const [usual, beside] = [calm, busy].map((all) =>
    Math.round(
      quantile(
        all.map(({ tookMs }) => tookMs),
        0.95,
      ),
    ),
  );
  const turned = busy.filter((each) => !isAnswered(each));
  return {
    what: `others beside them: ${busy.length - turned.length} of ${busy.length} answered, p95 ${beside} ms, before ${usual} ms`,
    findings: turned.map(({ heard: { status, body } }) => `${status} ${body.slice(0, 200)}`),
  };
};

type Streams = { readonly calls: readonly SeenCall[]; readonly moves: ReturnType<typeof createMoves> };

const judgeStreams = ({ calls, moves }: Streams, { clients, limitMs }: StalledOf): Check => {
  const goneIn = (call: SeenCall, from: number): number => (call.goneAt ?? Number.POSITIVE_INFINITY) - from;
  const soonest = Math.round(Math.min(...calls.map((call) => goneIn(call, call.at))));
  const latest = Math.round(Math.max(...calls.map((call) => goneIn(call, moves.lastOf(call)))));
  const sent = Math.max(...calls.map((call) => call.bytes())) / MIB;
  return {
    what: `they are let go ${soonest} ms after they asked at the soonest, ${latest} ms after the last byte for them at the latest; the limit is ${limitMs} of not reading; of one stream at most ${sent.toFixed(1)} MiB were taken from the seller`,
    findings:
      calls.length === clients && latest <= limitMs + SPARE_MS && soonest >= limitMs
        ? []
        : [`${calls.length} calls, or too soon, or too late`],
  };
};

export const stalled = async (of: StalledOf): Promise<readonly Check[]> => {
  const { clients, limitMs, nextNumber } = of;
  await using stage = await openStage({
    scripts: { large: () => large, small: healthy },
    config: { timeouts: { client_write: `${limitMs / 1_000}s` } },
  });
  const { serving, seller } = stage;
  const polite: Polite[] = [];
  const behave = async (): Promise<void> => {
    const number = nextNumber();
    const heard = await ask({ url: serving.url, number, policy: 'small', stream: true }).over;
    polite.push({ number, policy: 'small', stream: true, heard, tookMs: (heard.endedAt ?? 0) - heard.sentAt });
  };
  for (let count = 0; count < BEFORE; count += 1) await behave();
  const before = residentMib(serving.pid);
  const port = Number(new URL(serving.url).port);
  const deaf = Array.from({ length: clients }, () =>
    visit({ port, path: '/v1/chat/completions', body: bodyOf(nextNumber()), deaf: true }, systemClock),
  );
  const theirs = () => seller.calls.filter(({ model }) => model === 'lab/large');
  const moves = createMoves(theirs);
  let peak = before;
  const look = (): void => {
    peak = Math.max(peak, residentMib(serving.pid));
    moves.look();
  };
  const looking = setInterval(look, LOOK_MS);
  const isOver = (): boolean => theirs().length >= clients && theirs().every(({ ended }) => ended !== 'open');
  do await Promise.all([behave(), systemClock.sleep(LOOK_MS)]);
  while (!isOver() && systemClock.elapsed() - moves.last() < limitMs + SPARE_MS);
  clearInterval(looking);
  const streams = judgeStreams({ calls: theirs(), moves }, of);
  for (const each of deaf) each.leave();
  const grew = Math.round(peak - before);
  return [
    {
      what: `${clients} stalled clients of 20 MB each: memory grew by ${grew} MiB, at most ${MOST_GROWTH_MIB}`,
      findings: grew <= MOST_GROWTH_MIB ? [] : ['it grew by more'],
    },
    streams,
    judgeOthers(polite),
    {
      what: 'what the stalled ones cost is on the books within what was set aside',
      findings: await stage.close(polite),
    },
  ];
};
