// The truth bill in small: a sample of the fault matrix against the real router, each cell held to the twelve invariants.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CELLS, LEAST } from './matrix.ts';
import { play } from './play.ts';
import { SAMPLE } from './sample.ts';
import { openWorld, slugOf, type World } from './world.ts';

describe('the fault matrix', () => {
  it('has as many cells as it must, and no two of one name', () => {
    for (const [group, least] of Object.entries(LEAST))
      expect(CELLS.filter((cell) => cell.group === group).length, group).toBeGreaterThanOrEqual(least);
    expect(new Set(CELLS.map(slugOf)).size).toBe(CELLS.length);
  });
});

describe('a seller that', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(SAMPLE);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it.each(SAMPLE)('$name: $about', async (cell) => {
    const { findings } = await play(world, cell);
    expect(findings.map(({ invariant, what }) => `${invariant}  ${what}`)).toEqual([]);
  });
});
