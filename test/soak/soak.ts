// One long run: a warm-up that fills what has a bound, then what is measured on the way, and what must be true at its end.
import { join } from 'node:path';
import { seededRng, systemClock } from '../../src/world.ts';
import { judgeKill } from '../crash/judge.ts';
import { callsOf, openToRead, verified, viewsIn } from '../crash/ledger.ts';
import { type Asked, createNumbers, isAnswered } from '../crash/load.ts';
import { openPlace, type Place } from '../crash/place.ts';
import type { Held } from './child.ts';
import { growth } from './growth.ts';
import type { Check } from './stage.ts';
import { startTraffic, type Traffic } from './traffic.ts';
import { restored, startWatched, type Watched } from './watched.ts';

const MIB = 2 ** 20;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Before growth counts: memories fill, rare paths are compiled. Busier than what is measured, so that it does not take an hour. */
const WARM_UP = { minutes: 5, times: 3, editMs: 1_000 };
const EDIT_MS = MINUTE_MS;
/** While it warms up as well, since collections that come so often change what V8 keeps compiled. */
const EVERY_MS = 10_000;
/** One call in twenty fails. */
const ORDINARY = { healthy: 0.75, slow: 0.93, slower: 0.95, silent: 0.955, refused: 0.985 };

export type SoakOf = {
  /** Measured ones, after the warm-up. */
  readonly minutes: number;
  /** Requests a second. */
  readonly rate: number;
  readonly seed: number;
  /** Planted: kept of every request. */
  readonly leakBytes: number;
  readonly say: (line: string) => void;
};

type Measured = Held & { readonly at: number };

const judgeGrowth = (measured: readonly Measured[], rate: number): readonly Check[] =>
  (['rss', 'heap'] as const).map((what) =>
    growth({
      name: what === 'rss' ? 'resident memory' : 'what all threads hold',
      rate,
      points: measured.map((held) => ({ at: held.at / HOUR_MS, value: held[what] / MIB })),
    }),
  );

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
  const codes = Map.groupBy(odd, ({ heard }) => /"code":"(\w+)"/.exec(heard.body)?.[1] ?? heard.ended);
  const unknown = [...codes].map(([code, all]) => `${all.length} ${code}`).join(', ');
  return {
    what: `${asked.length} requests, ${asked.filter(isAnswered).length} answered in full, ${failed.length} failed, each for a reason${unknown && ` but ${unknown}`}`,
    findings: odd.map(
      ({ number, heard }) => `request ${number}: ${heard.status} ${heard.ended} ${heard.body.slice(0, 200)}`,
    ),
  };
};

/** Measures while the traffic lasts. */
const watch = async (
  { measure }: Watched,
  { asked }: Traffic,
  { minutes, say }: Pick<SoakOf, 'minutes' | 'say'>,
): Promise<readonly Measured[]> => {
  const measured: Measured[] = [];
  const from = systemClock.elapsed();
  for (let at = 0; at < minutes * MINUTE_MS; at = systemClock.elapsed() - from) {
    await systemClock.sleep(EVERY_MS);
    const held = { ...(await measure()), at };
    measured.push(held);
    const figures = `rss ${(held.rss / MIB).toFixed(1)} MiB, held ${(held.heap / MIB).toFixed(1)} MiB, late ${held.lateMs.toFixed(0)} ms`;
    if (measured.length % (MINUTE_MS / EVERY_MS) === 0)
      say(`${Math.round(at / MINUTE_MS)} min: ${asked.length} requests, ${figures}`);
  }
  return measured;
};

/** The books after it, against every client and every seller. */
const judgeBooks = async (asked: readonly Asked[], place: Place, since: number): Promise<readonly Check[]> => {
  await using ledger = await openToRead(place);
  const views = await viewsIn(ledger, { from: since, to: Number.MAX_SAFE_INTEGER });
  const killedAt = systemClock.elapsed();
  const books = judgeKill({ asked, views, calls: callsOf(place), said: '', killedAt });
  return [
    { what: 'the ledger is the bill, request by request', findings: books.findings },
    { what: 'bourse ledger verify finds nothing', findings: await verified(place.file) },
  ];
};

export const soak = async ({ minutes, rate, seed, leakBytes, say }: SoakOf): Promise<readonly Check[]> => {
  await using place = await openPlace(seededRng(seed + 1), { odds: ORDINARY, capUsd: 1_000 });
  const since = systemClock.now();
  const watched = await startWatched(place, leakBytes);
  const before = await watched.measure();
  const policy = join(place.folder, 'policies', 'open.yaml');
  const traffic = { url: watched.url, rng: seededRng(seed), nextNumber: createNumbers(), policy };
  say(`warming up for ${WARM_UP.minutes} min at ${WARM_UP.times * rate} requests a second`);
  const warming = startTraffic({ ...traffic, rate: WARM_UP.times * rate, editMs: WARM_UP.editMs });
  await watch(watched, warming, { minutes: WARM_UP.minutes, say });
  await warming.stop();
  const steady = startTraffic({ ...traffic, rate, editMs: EDIT_MS });
  const measured = await watch(watched, steady, { minutes, say });
  await steady.stop();
  const asked = [...warming.asked, ...steady.asked];
  const rest = await restored(watched, before);
  const code = await watched.stop();
  return [
    unexplained(asked, place),
    ...judgeGrowth(measured, rate),
    ...rest,
    { what: 'it stopped in good order', findings: code === 0 ? [] : [`exit code ${code}`] },
    ...(await judgeBooks(asked, place, since)),
  ];
};
