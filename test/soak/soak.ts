// One long run: what is measured on the way, and what must be true at its end.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { seededRng, systemClock } from '../../src/world.ts';
import { judgeKill } from '../crash/judge.ts';
import { callsOf, openToRead, verified, viewsIn } from '../crash/ledger.ts';
import { type Asked, createNumbers, isAnswered } from '../crash/load.ts';
import { openPlace, type Place } from '../crash/place.ts';
import type { Check } from './stage.ts';
import type { Held } from './child.ts';
import { type Point, slopeOf } from './slope.ts';
import { startTraffic } from './traffic.ts';

const MIB = 2 ** 20;
const HOUR_MS = 3_600_000;
const EVERY_MS = 10_000;
/** Of the run, before growth counts: caches fill, code is compiled, beliefs are remembered. */
const WARM_UP = 1 / 3;
const MOST_GROWTH_MIB = 1;
/** One call in twenty fails. */
const ORDINARY = { healthy: 0.75, slow: 0.93, slower: 0.95, silent: 0.955, refused: 0.985 };
/** For connections that are kept to be used again: ours to clients, and to sellers. */
const REST_MS = 90_000;

export type SoakOf = {
  readonly minutes: number;
  readonly rate: number;
  readonly seed: number;
  readonly say: (line: string) => void;
};

const startChild = async ({ file, folder, env }: Place) => {
  const child = fork(join(import.meta.dirname, 'child.ts'), [file], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    execArgv: ['--expose-gc'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  const [port] = await once(child, 'message');
  return { child, url: `http://127.0.0.1:${String(port)}` };
};

const measure = async (child: ChildProcess): Promise<Held> => {
  child.send('measure');
  const [held] = await once(child, 'message');
  return held as Held;
};

const growth = (what: 'rss' | 'heap', measured: readonly (Held & { readonly at: number })[]): Check => {
  const points = measured.map((held): Point => ({ at: held.at / HOUR_MS, value: held[what] / MIB }));
  const { slope, least, most } = slopeOf(points);
  const figures = `${slope.toFixed(1)} MiB/h (95 %: ${least.toFixed(1)} … ${most.toFixed(1)}), ${points.length} points, last ${(points.at(-1)?.value ?? 0).toFixed(1)} MiB`;
  return {
    what: `${what === 'rss' ? 'resident memory' : 'heap after a collection'} grows by ${figures}`,
    findings: least > MOST_GROWTH_MIB ? [`that is more than ${MOST_GROWTH_MIB} MiB/h for certain`] : [],
  };
};

/** What is open beyond what was open before anybody asked. */
const beyond = (before: Held, now: Held, kinds: RegExp): readonly string[] =>
  Object.entries(now.resources)
    .filter(([kind, count]) => kinds.test(kind) && count > (before.resources[kind] ?? 0))
    .map(([kind, count]) => `${count} of ${kind}, ${before.resources[kind] ?? 0} before`);

const SOCKETS = /TCP|Pipe|TTY|TLS|Request/;
const TIMERS = /Timeout|Immediate/;

const restored = async (child: ChildProcess, before: Held): Promise<readonly Check[]> => {
  const from = systemClock.elapsed();
  let now = await measure(child);
  const isLeft = (): boolean => [SOCKETS, TIMERS].some((kinds) => beyond(before, now, kinds).length > 0);
  while (isLeft() && systemClock.elapsed() - from < REST_MS) {
    await systemClock.sleep(1_000);
    now = await measure(child);
  }
  const took = `${Math.round((systemClock.elapsed() - from) / 1000)} s after the last request`;
  return [
    { what: `sockets are back at what they were, ${took}`, findings: beyond(before, now, SOCKETS) },
    { what: `timers are back at what they were, ${took}`, findings: beyond(before, now, TIMERS) },
  ];
};

/** A failure is explained by a seller that failed, a budget that is used up, or a client that left. */
const unexplained = (asked: readonly Asked[], place: Place): Check => {
  const failing = new Set(
    callsOf(place)
      .filter(({ ended }) => ended !== 'complete')
      .map(({ maxTokens }) => maxTokens),
  );
  const failed = asked.filter((each) => !isAnswered(each) && each.heard.ended !== 'left');
  const odd = failed.filter(
    ({ number, heard }) => !failing.has(number) && !(heard.status === 429 && heard.body.includes('budget_exhausted')),
  );
  return {
    what: `${asked.length} requests, ${asked.filter(isAnswered).length} answered in full, ${failed.length} failed, each for a reason`,
    findings: odd.map(
      ({ number, heard }) => `request ${number}: ${heard.status} ${heard.ended} ${heard.body.slice(0, 200)}`,
    ),
  };
};

export const soak = async ({ minutes, rate, seed, say }: SoakOf): Promise<readonly Check[]> => {
  await using place = await openPlace(seededRng(seed + 1), { odds: ORDINARY, capUsd: 1_000 });
  const since = systemClock.now();
  const { child, url } = await startChild(place);
  const before = await measure(child);
  const policy = join(place.folder, 'policies', 'open.yaml');
  const traffic = startTraffic({ url, rng: seededRng(seed), nextNumber: createNumbers(), rate, policy });
  const measured: (Held & { readonly at: number })[] = [];
  const from = systemClock.elapsed();
  for (let at = 0; at < minutes * 60_000; at = systemClock.elapsed() - from) {
    await systemClock.sleep(EVERY_MS);
    const held = { ...(await measure(child)), at };
    measured.push(held);
    const figures = `rss ${(held.rss / MIB).toFixed(1)} MiB, heap ${(held.heap / MIB).toFixed(1)} MiB, late ${held.lateMs.toFixed(0)} ms`;
    if (measured.length % 6 === 0) say(`${Math.round(at / 60_000)} min: ${traffic.asked.length} requests, ${figures}`);
  }
  await traffic.stop();
  const warm = measured.filter(({ at }) => at >= minutes * 60_000 * WARM_UP);
  const rest = await restored(child, before);
  const closed = once(child, 'close');
  child.send('stop');
  const [code] = await closed;
  await using ledger = await openToRead(place);
  const views = await viewsIn(ledger, { from: since, to: Number.MAX_SAFE_INTEGER });
  const books = judgeKill({
    asked: traffic.asked,
    views,
    calls: callsOf(place),
    said: '',
    killedAt: systemClock.elapsed(),
  });
  return [
    unexplained(traffic.asked, place),
    growth('rss', warm),
    growth('heap', warm),
    ...rest,
    { what: 'it stopped in good order', findings: code === 0 ? [] : [`exit code ${String(code)}`] },
    { what: 'the ledger is the bill, request by request', findings: books.findings },
    { what: 'bourse ledger verify finds nothing', findings: await verified(place.file) },
  ];
};
