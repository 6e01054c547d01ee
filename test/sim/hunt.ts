// Looks for bugs that were planted: each must be found, by an invariant that is meant to, within two hundred seeds.
import type { PlayOptions } from './kinds.ts';
import type { Bug } from './layers.ts';
import type { Pool } from './threads.ts';

export const MOST_SEEDS = 200;

export type HuntInput = { readonly pool: Pool; readonly bugs: readonly Bug[]; readonly requests: number };

type Found = { readonly seed: number; readonly invariant: string };

/** The first seed that finds it, whatever thread was first to be done. */
const firstOf = (found: readonly Found[]): Found | undefined => found.toSorted((a, b) => a.seed - b.seed)[0];

const hunt = async ({
  pool,
  bug,
  requests,
}: Omit<HuntInput, 'bugs'> & { readonly bug: Bug }): Promise<Found | undefined> => {
  const found: Found[] = [];
  const worlds = Array.from({ length: MOST_SEEDS }, (_, seed): PlayOptions => ({ seed, requests, bug: bug.name }));
  await pool.play(worlds, (played) => {
    if (!('verdict' in played)) return 'go';
    const { violations, options } = played.verdict;
    const hit = violations.find(({ invariant }) => bug.foundBy.includes(invariant));
    if (hit) found.push({ seed: options.seed, invariant: hit.invariant });
    return hit ? 'stop' : 'go';
  });
  return firstOf(found);
};

export const findBugs = async ({ pool, bugs, requests }: HuntInput): Promise<{ found: number; missed: number }> => {
  let [found, missed] = [0, 0];
  for (const bug of bugs) {
    const first = await hunt({ pool, bug, requests });
    if (first) {
      found += 1;
      console.log(`ok   bug ${bug.name.padEnd(22)} found in seed ${first.seed} by ${first.invariant}`);
    } else {
      missed += 1;
      console.log(`FAIL bug ${bug.name}: not found in ${MOST_SEEDS} seeds: ${bug.about}`);
    }
  }
  return { found, missed };
};
