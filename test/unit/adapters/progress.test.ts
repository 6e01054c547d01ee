import { describe, expect, it } from 'vitest';
import { createProgress } from '../../../src/adapters/progress.ts';

/** Content of so many characters every so many ms; gives the time at which it is given up, if it is. */
const givenUpAt = (characters: number, everyMs: number, skipMs = 0): number | undefined => {
  const progress = createProgress(60_000);
  for (let at = 0; at <= 600_000; at += everyMs) {
    progress.skip(skipMs);
    if (!progress.came(characters, at)) return at;
  }
  return undefined;
};

describe('progress', () => {
  it('is a token a second: half of that is given up after the stretch, twice as much never', () => {
    expect(givenUpAt(4, 2_000)).toBe(60_000);
    expect(givenUpAt(4, 500)).toBeUndefined();
    expect(givenUpAt(1_000, 25_000)).toBeUndefined();
  });

  it('does not count the time in which nobody read', () => {
    expect(givenUpAt(4, 2_000, 1_900)).toBeUndefined();
  });

  it('is not looked at without a stretch', () => {
    const progress = createProgress(undefined);
    expect([progress.came(0, 0), progress.came(0, 1e9)]).toEqual([true, true]);
  });
});
