// The simulation itself: a few worlds with every test run, the seeds that once found something, and a bug that must be found and made small.
import { describe, expect, it } from 'vitest';
import { BUGS } from './bugs.ts';
import { keptSeeds } from './kept.ts';
import { play } from './play.ts';
import { shrink } from './shrink.ts';

const REQUESTS = 120;
const SEEDS = [0, 1, 2, 3, 15] as const;

describe('the simulation', { timeout: 60_000 }, () => {
  it('finds nothing in worlds where nothing is wrong, and has asked every invariant', async () => {
    const asked = new Set<string>();
    for (const seed of SEEDS) {
      const { violations, checks } = await play({ seed, requests: REQUESTS });
      expect(violations).toEqual([]);
      for (const name of Object.keys(checks)) asked.add(name);
    }
    expect(BUGS.flatMap(({ foundBy }) => foundBy).filter((name) => !asked.has(name))).toEqual([]);
  });

  it('plays a seed the same way every time, and another seed another way', async () => {
    const hashes = [];
    for (const seed of [5, 5, 6]) hashes.push((await play({ seed, requests: REQUESTS })).hash);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it('leaves the requests before as they were when there are more', async () => {
    const short = await play({ seed: 7, requests: 20, bug: 'chance-not-logged' });
    const long = await play({ seed: 7, requests: 40, bug: 'chance-not-logged' });
    const first = long.violations.filter(({ n }) => n < 20).map(({ n, what }) => [n, what]);
    expect(short.violations.map(({ n, what }) => [n, what])).toEqual(first);
  });

  it.each(keptSeeds())('finds no longer in seed $seed that $about', async ({ seed, requests, without }) => {
    expect((await play({ seed, requests, without })).violations).toEqual([]);
  });

  it('finds a planted bug, and makes what finds it small', async () => {
    const bug = 'settled-twice';
    const { violations } = await play({ seed: 0, requests: REQUESTS, bug });
    expect(violations.map(({ invariant }) => invariant)).toContain('settled-once');
    const least = await shrink({ seed: 0, requests: REQUESTS, bug, invariant: 'settled-once' });
    expect(least.requests).toBeLessThan(20);
    expect((await play(least)).violations[0]?.invariant).toBe('settled-once');
    expect((await play({ ...least, requests: least.requests - 1 })).violations).toEqual([]);
  });
});
