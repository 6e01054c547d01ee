import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelKey, type ModelKey } from '../../src/core/offer.ts';
import { matchesModel } from '../../src/policy/globs.ts';
import * as unit from '../../src/policy/units.ts';
import * as any from '../unit/policy/arbitraries.ts';

/** What is written of it is of its form, and means the same. */
const roundTrips = <Value>(kind: unit.Unit<Value>, text: string): boolean => {
  const form = new RegExp(`^(?:${kind.pattern})$`);
  const value = kind.read(text);
  if (value === undefined || !form.test(text)) return false;
  const written = kind.write(value);
  return form.test(written) && isDeepStrictEqual(kind.read(written), value);
};

describe('any value with a unit', () => {
  it.each([
    ['money', (text: string) => roundTrips(unit.MONEY, text), any.money],
    ['rate', (text: string) => roundTrips(unit.RATE, text), any.rate],
    ['price', (text: string) => roundTrips(unit.PRICE, text), any.price],
    ['duration', (text: string) => roundTrips(unit.DURATION, text), any.duration],
    ['tokens', (text: string) => roundTrips(unit.TOKENS, text), any.tokens],
    ['share', (text: string) => roundTrips(unit.SHARE, text), any.share],
    ['floor', (text: string) => roundTrips(unit.FLOOR, text), any.floor],
    ['difficulty', (text: string) => roundTrips(unit.DIFFICULTY_TEST, text), any.difficulty],
    ['input tokens', (text: string) => roundTrips(unit.TOKENS_TEST, text), any.tokensTest],
  ] as const)('%s is read, written and read to the same', (_name, check, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(check(text)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('any glob', () => {
  const part = fc
    .string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 8 })
    .map((text) => `a${text}`);
  const key: fc.Arbitrary<ModelKey> = fc.tuple(part, part).map(([author, name]) => modelKey(`${author}/${name}`));
  const starred = fc.string({ unit: fc.constantFrom('a', 'b', '-', '*'), minLength: 1, maxLength: 8 });

  it('agrees with a regular expression', () => {
    fc.assert(
      fc.property(starred, starred, key, (author, name, model) => {
        const expected = new RegExp(`^${`${author}/${name}`.replaceAll('*', '[^/]*')}$`).test(model);
        expect(matchesModel([`${author}/${name}`], model)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('that is a model’s own name names it', () => {
    fc.assert(
      fc.property(key, (model) => {
        expect(matchesModel([model.toUpperCase()], model)).toBe(true);
      }),
    );
  });
});
