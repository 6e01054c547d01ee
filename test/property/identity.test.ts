// Generated spellings: however a seller writes a model it is that model, and what is not in the table is nobody's relative.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOfferKey } from '../../src/core/offer.ts';
import { createCanonicaliser, offerKeyOf } from '../../src/market/identity.ts';
import { loadAliases } from '../../src/market/identity-aliases.ts';

const aliases = loadAliases(new URL('../../pricing/aliases.json', import.meta.url));
const canonicalise = createCanonicaliser(aliases);
const known = Object.keys(aliases.models);
const names = new Set(known.flatMap((key) => [key.slice(key.indexOf('/') + 1), ...(aliases.models[key] ?? [])]));
/** A seller with words of its own would decide by them. */
const SELLER = 'acme';

const model = fc.constantFrom(...known);
const nameOf = (key: string): string => key.slice(key.indexOf('/') + 1);
/** Clouds write the author with a dot; of one that the table does not know it could be anything. */
const vendorOf = (key: string): string => {
  const author = key.slice(0, key.indexOf('/'));
  return Object.hasOwn(aliases.authors, author) ? `${author}.` : '';
};

/** What sellers put before and behind a name without meaning another model. */
const before = fc.constantFrom(
  (key: string) => nameOf(key),
  (key: string) => key,
  (key: string) => `~${key}`,
  (key: string) => `accounts/fireworks/models/${nameOf(key)}`,
  (key: string) => `models/${nameOf(key)}`,
  (key: string) => `@cf/${key}`,
  (key: string) => `hf:${key}`,
  (key: string) => `eu/${nameOf(key)}`,
  (key: string) => `${vendorOf(key)}${nameOf(key)}`,
  (key: string) => `us.${vendorOf(key)}${nameOf(key)}`,
);
const behind = fc.constantFrom(
  '',
  ':free',
  ':nitro',
  '@default',
  '@20250929',
  '-20250929',
  '-2025-09-29',
  '-20250929-v1:0',
);
const casing = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.toUpperCase(),
  (text: string) =>
    text.replaceAll(/(^|[-/.])([a-z])/g, (_all, stop: string, letter: string) => stop + letter.toUpperCase()),
);

describe('a known model', () => {
  it('is itself under whatever path, prefix, date, tag and case a seller writes it with', () => {
    fc.assert(
      fc.property(model, before, behind, casing, (key, lead, tail, spell) => {
        // A name that ends in a date or a tag of its own, or starts like a region, cannot carry another.
        fc.pre(!/[@:]|\d{4,}$|-v\d$/.test(nameOf(key)) && !/^[a-z0-9-]+\.(?=[a-z])/.test(nameOf(key)));
        expect(canonicalise(SELLER, spell(lead(key)) + tail).model).toBe(key);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps its dated builds and ways of serving as offers of their own', () => {
    fc.assert(
      fc.property(model, (key) => {
        fc.pre(!/[@:]|\d{4,}$|-v\d$/.test(nameOf(key)));
        const plain = offerKeyOf(SELLER, canonicalise(SELLER, nameOf(key)));
        const dated = offerKeyOf(SELLER, canonicalise(SELLER, `${nameOf(key)}-20250929`));
        const free = offerKeyOf(SELLER, canonicalise(SELLER, `${nameOf(key)}:free`));
        expect(new Set([plain, dated, free]).size).toBe(3);
      }),
    );
  });
});

describe('an unknown model', () => {
  const bump = fc.integer({ min: 1, max: 60 });

  it('with the next version of a known name is not that name', () => {
    fc.assert(
      fc.property(model, bump, (key, by) => {
        const name = nameOf(key);
        const next = name.replace(/\d+/, (digits) => String(Number(digits) + by));
        fc.pre(next !== name && !names.has(next));
        const identity = canonicalise(SELLER, next);
        expect(identity.model).not.toBe(key);
        if (identity.known) expect(names.has(nameOf(identity.model)) && nameOf(identity.model) !== name).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('with another word behind a known name has a key of its own', () => {
    const word = fc.constantFrom(
      'ultra',
      'nano',
      'codex',
      'thinking',
      'vision',
      'omni',
      'math',
      'distill',
      '405b',
      'x',
    );
    fc.assert(
      fc.property(model, word, (key, more) => {
        const next = `${nameOf(key)}-${more}`;
        fc.pre(!names.has(next) && !/[@:]/.test(key));
        const identity = canonicalise(SELLER, next);
        expect(identity.model).not.toBe(key);
      }),
      { numRuns: 1000 },
    );
  });

  it('has a key that is a key, whatever it is called', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.string({ minLength: 1, maxLength: 20 }), (id, seller) => {
        const provider = seller.replaceAll(/[^a-z0-9]/g, '') || 'p';
        expect(isOfferKey(offerKeyOf(provider, canonicalise(provider, id)))).toBe(true);
      }),
    );
  });
});
