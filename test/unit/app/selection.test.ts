import { describe, expect, it } from 'vitest';
import { createSelects } from '../../../src/app/selection.ts';
import { modelKey } from '../../../src/core/offer.ts';

const vouched = new Set(['lumen/spark', 'lumen/spark-mini']);
const selects = createSelects((model) => vouched.has(model));
const chosen = (patterns: readonly string[]) =>
  ['lumen/spark', 'lumen/spark-mini', 'lumen/spark-audio', 'quarry/slate'].filter((model) =>
    selects(patterns, modelKey(model)),
  );

describe('what a list of patterns selects', () => {
  it('is by a wildcard only what somebody vouches for', () => {
    expect(chosen(['*/*'])).toEqual(['lumen/spark', 'lumen/spark-mini']);
    expect(chosen(['lumen/spark-*'])).toEqual(['lumen/spark-mini']);
    expect(chosen(['*/slate'])).toEqual([]);
  });

  it('is by its full name whatever it is', () => {
    expect(chosen(['quarry/slate'])).toEqual(['quarry/slate']);
    expect(chosen(['lumen/spark-audio', 'lumen/*'])).toEqual(['lumen/spark', 'lumen/spark-mini', 'lumen/spark-audio']);
  });

  it('is nothing by an empty list', () => expect(chosen([])).toEqual([]));
});
