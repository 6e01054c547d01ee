// Clients that leave while they upload, wait in line, wait for the answer and read it: how soon the seller's connection is closed, and what it costs.
import { connect } from 'node:net';
import { systemClock } from '../../src/world.ts';
import { type Asked, ask } from '../crash/load.ts';
import type { Visit } from '../faults/client.ts';
import type { SellerName } from '../faults/sellers.ts';
import { always, finish, opens, refuses, role, type Script, silence, tokens } from '../support/truth-bill/acts.ts';
import { type Check, openStage, type Stage } from './stage.ts';

const TIMES = 20;
const MOST_MS = 100;
const A_MOMENT_MS = 60;
/** An offer that may be asked again so soon is waited for in line. */
const RETRY_AFTER_S = 2;

type Phase = {
  readonly name: string;
  readonly script: Script;
  readonly stream: boolean;
  readonly ripe: (stage: Stage, visit: Visit) => Promise<unknown>;
};

const called = async ({ seller }: Stage, count: number): Promise<void> => {
  while (seller.calls.length < count) await systemClock.sleep(2);
  await systemClock.sleep(A_MOMENT_MS);
};

const PHASES: readonly Phase[] = [
  {
    name: 'wait',
    stream: false,
    script: always(silence),
    ripe: (stage) => called(stage, stage.seller.calls.length + 1),
  },
  {
    name: 'wait-stream',
    stream: true,
    script: always(opens, role, silence),
    ripe: (stage) => called(stage, stage.seller.calls.length + 1),
  },
  {
    name: 'stream',
    stream: true,
    script: always(opens, role, tokens(20), tokens(400, 50), finish()),
    ripe: (_stage, visit) => visit.until(({ firstContentAt }) => firstContentAt !== undefined),
  },
];

type Left = { readonly asked: Asked; readonly closedMs: number };

const leaveOnce = async (stage: Stage, { name, stream, ripe }: Phase, number: number): Promise<Left> => {
  const before = stage.seller.calls.length;
  const visiting = ask({ url: stage.serving.url, number, policy: name, stream });
  await ripe(stage, visiting);
  const from = systemClock.elapsed();
  visiting.leave();
  const isOpen = (): boolean => stage.seller.calls.slice(before).some(({ ended }) => ended === 'open');
  while (isOpen() && systemClock.elapsed() - from < 10 * MOST_MS) await systemClock.sleep(1);
  const gone = stage.seller.calls.slice(before).map(({ goneAt }) => goneAt ?? Number.POSITIVE_INFINITY);
  return {
    asked: { number, policy: name, stream, heard: visiting.heard },
    closedMs: Math.max(...gone) - from,
  };
};

const judgePhase = (name: string, left: readonly Left[]): Check => {
  const all = left.map(({ closedMs }) => closedMs).toSorted((a, b) => a - b);
  const [median = 0, most = 0] = [all[Math.floor(all.length / 2)], all.at(-1)];
  return {
    what: `left in phase ${name}: the seller's connection is closed after ${median.toFixed(1)} ms (median), ${most.toFixed(1)} ms at most of ${all.length}`,
    findings: most <= MOST_MS ? [] : [`that is more than ${MOST_MS} ms`],
  };
};

/** In the middle of its request: nobody is called. */
const leaveUploading = async ({ serving, seller }: Stage): Promise<Check> => {
  const before = seller.calls.length;
  const text =
    'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n{"model":';
  const port = Number(new URL(serving.url).port);
  const sockets = Array.from({ length: TIMES }, () => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    return socket;
  });
  await systemClock.sleep(5 * A_MOMENT_MS);
  for (const socket of sockets) socket.destroy();
  await systemClock.sleep(5 * A_MOMENT_MS);
  const calls = seller.calls.length - before;
  return {
    what: `left in phase upload: nobody is called, ${TIMES} times`,
    findings: calls === 0 ? [] : [`${calls} calls were made`],
  };
};

/** While the only offer rests for two seconds: nobody is called when it is back. */
const leaveQueued = async (nextNumber: () => number): Promise<Check> => {
  await using stage = await openStage({
    scripts: { queue: () => refuses({ status: 429 }, { 'retry-after': String(RETRY_AFTER_S) }) },
  });
  const url = stage.serving.url;
  await ask({ url, number: nextNumber(), policy: 'queue', stream: false }).over;
  const waiting = Array.from({ length: TIMES }, () =>
    ask({ url, number: nextNumber(), policy: 'queue', stream: true }),
  );
  await systemClock.sleep(5 * A_MOMENT_MS);
  // One in ten may be let through to a resting offer: that is before they leave.
  const before = stage.seller.calls.length;
  const answered = waiting.filter(({ heard }) => heard.status !== undefined).length;
  for (const each of waiting) each.leave();
  await systemClock.sleep(2 * RETRY_AFTER_S * 1_000);
  const calls = stage.seller.calls.length - before;
  return {
    what: `left in phase queue: of ${TIMES} that waited for a resting offer nobody is called`,
    findings: [
      ...(calls === 0 ? [] : [`${calls} calls were made`]),
      ...(answered === 0 ? [] : [`${answered} did not wait`]),
    ],
  };
};

/** @param seller one that stops billing when it is left, or one that does not */
const leaveCalls = async (seller: SellerName, nextNumber: () => number): Promise<readonly Check[]> => {
  await using stage = await openStage({
    seller,
    scripts: Object.fromEntries(PHASES.map(({ name, script }) => [name, script])),
  });
  const checks = seller === 'openai' ? [await leaveUploading(stage)] : [];
  const asked: Asked[] = [];
  for (const phase of PHASES) {
    const left: Left[] = [];
    for (let time = 0; time < TIMES; time += 1) left.push(await leaveOnce(stage, phase, nextNumber()));
    asked.push(...left.map((each) => each.asked));
    // A seller that goes on billing is read on for its bill.
    if (seller === 'openai') checks.push(judgePhase(phase.name, left));
  }
  const findings = await stage.close(asked);
  return [...checks, { what: `what those cost at ${seller} is on the books by its rule`, findings }];
};

export const leaving = async (nextNumber: () => number): Promise<readonly Check[]> => [
  ...(await leaveCalls('openai', nextNumber)),
  ...(await leaveCalls('mistral', nextNumber)),
  await leaveQueued(nextNumber),
];
