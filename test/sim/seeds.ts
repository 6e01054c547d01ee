// Plays many seeds, kept ones first, some of them twice, and tells how it goes.
import type { Violation } from './evidence.ts';
import type { Kept } from './kept.ts';
import type { PlayOptions } from './kinds.ts';
import type { Pool } from './threads.ts';
import type { Played } from './worker.ts';

/** One seed in so many is played a second time: the same seed, the same hash. */
const TWICE_EVERY = 20;
const TELL_EVERY_MS = 5_000;

export type Failure = Violation & { readonly options: PlayOptions };

export type SeedsInput = {
  readonly pool: Pool;
  readonly kept: readonly Kept[];
  readonly worlds: readonly PlayOptions[];
  /** Also whether the same seed plays the same twice. */
  readonly isSure: boolean;
};

export type SeedsPlayed = {
  readonly passed: number;
  /** The first violation of each world that has one. */
  readonly failures: readonly Failure[];
  /** Seeds that played differently the second time. */
  readonly unlike: readonly number[];
};

const nameOf = ({ seed, requests, without = [] }: PlayOptions): string => `${seed}/${requests}/${without.join()}`;

const failureOf = (played: Played): Failure | undefined => {
  if ('fault' in played) {
    return { options: played.options, invariant: 'played', n: -1, what: played.fault, atMs: 0 };
  }
  const [first] = played.verdict.violations;
  return first && { ...first, options: played.verdict.options };
};

/** In the order of the seeds, so that the whole has one hash however many threads there are. */
const hashOf = (hashes: ReadonlyMap<string, string>, worlds: readonly PlayOptions[]): string => {
  let hash = 0x811c9dc5;
  for (const world of worlds)
    for (const character of hashes.get(nameOf(world)) ?? '')
      hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
};

export const playSeeds = async ({ pool, kept, worlds, isSure }: SeedsInput): Promise<SeedsPlayed> => {
  const began = performance.now();
  const hashes = new Map<string, string>();
  const failures: Failure[] = [];
  const unlike: number[] = [];
  const checks = new Map<string, number>();
  let [done, events, told, requests] = [0, 0, began, 0];

  const seconds = (): number => Math.max(0.001, (performance.now() - began) / 1000);
  const hear = (played: Played): 'go' => {
    done += 1;
    const failure = failureOf(played);
    if (failure) failures.push(failure);
    if ('verdict' in played) {
      const { options, hash, events: some } = played.verdict;
      const before = hashes.get(nameOf(options));
      if (before !== undefined && before !== hash) unlike.push(options.seed);
      hashes.set(nameOf(options), hash);
      events += some;
      requests += options.requests;
      for (const [name, count] of Object.entries(played.verdict.checks))
        checks.set(name, (checks.get(name) ?? 0) + count);
    }
    if (performance.now() - told > TELL_EVERY_MS) {
      told = performance.now();
      console.log(`${done} worlds, ${failures.length} failed, ${Math.round(seconds())} s`);
    }
    return 'go';
  };

  const keptWorlds = kept.map(({ seed, requests: most, without }) => ({ seed, requests: most, without }));
  await pool.play(keptWorlds, hear);
  await pool.play(worlds, hear);
  const again = isSure ? worlds.filter((_, at) => at % TWICE_EVERY === 0) : [];
  await pool.play(again, hear);

  for (const [name, count] of [...checks].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const broken = failures.filter(({ invariant }) => invariant === name).length;
    console.log(`${broken === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(18)} ${count} checks`);
  }
  for (const seed of unlike) console.log(`FAIL seed ${seed} played differently the second time`);
  const rate = Math.round(requests / seconds());
  console.log(
    `${keptWorlds.length} kept, ${worlds.length} seeds, ${again.length} of them twice: hash ${hashOf(hashes, worlds)}`,
  );
  console.log(`${requests} requests, ${events} events in ${seconds().toFixed(1)} s: ${rate} requests a second`);
  return { passed: done - failures.length, failures, unlike };
};
