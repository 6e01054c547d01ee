// Whatever a feed sends, prices stay whole, non-negative and believable, and one bad row never costs the others.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelKey, offerKey } from '../../src/core/offer.ts';
import type { FeedRow } from '../../src/core/ports.ts';
import { parseGenaiPrices } from '../../src/market/feeds/genai-prices.ts';
import { parseLitellm } from '../../src/market/feeds/litellm.ts';
import { parseModelsDev } from '../../src/market/feeds/models-dev.ts';
import { parseOpenrouter } from '../../src/market/feeds/openrouter.ts';
import { createCanonicaliser } from '../../src/market/identity.ts';
import { loadAliases } from '../../src/market/identity-aliases.ts';
import type { NamedReading } from '../../src/market/listings.ts';
import { MOST_PER_TOKEN } from '../../src/market/plausibility.ts';
import { basePrice } from '../../src/market/rates.ts';
import { createPriceTable } from '../../src/market/sheets.ts';

const anyValue = fc.oneof(
  fc.anything(),
  fc.double(),
  fc.constantFrom(null, -1, 0, '0', '-1', '1e309', 'NaN', 71_000, '0.000001'),
);
const GOOD = { input: 1, output: 2 };

/** The same model with the same price, as each feed would write it, and one entry beside it that can be anything. */
const FEEDS: readonly { readonly name: string; readonly read: (junk: unknown) => readonly FeedRow[] }[] = [
  {
    name: 'litellm',
    read: (junk) => {
      const good = {
        litellm_provider: 'openai',
        mode: 'chat',
        input_cost_per_token: 1e-6,
        output_cost_per_token: 2e-6,
      };
      return parseLitellm({ junk, twisted: { ...good, input_cost_per_token: junk }, good }).rows;
    },
  },
  {
    name: 'openrouter',
    read: (junk) => {
      const good = {
        id: 'good',
        context_length: 1,
        architecture: {},
        pricing: { prompt: '0.000001', completion: '0.000002' },
      };
      const twisted = {
        ...good,
        id: 'twisted',
        pricing: { ...good.pricing, prompt: junk, overrides: [junk, { utc_start: junk, prompt: junk }] },
      };
      return parseOpenrouter({ data: [junk, twisted, good] }).rows;
    },
  },
  {
    name: 'models.dev',
    read: (junk) => {
      const twisted = { cost: { ...GOOD, input: junk, tiers: [junk, { tier: junk }] }, limit: junk, modalities: junk };
      return parseModelsDev({ junk, openai: { models: { junk, twisted, good: { cost: GOOD } } } }).rows;
    },
  },
  {
    name: 'genai-prices',
    read: (junk) => {
      const prices = { input_mtok: 1, output_mtok: 2 };
      const twisted = {
        id: 'twisted',
        match: junk,
        prices: [{ constraint: junk, prices: { ...prices, input_mtok: junk } }],
      };
      return parseGenaiPrices([junk, { id: 'openai', models: [junk, twisted, { id: 'good', prices }] }]).rows;
    },
  },
];

describe.each(FEEDS)('the $name feed', ({ read }) => {
  it('keeps the good row beside anything at all, and every price it gives is a whole number ≥ 0 or unknown', () => {
    fc.assert(
      fc.property(anyValue, (junk) => {
        const rows = read(junk);
        const good = rows.find((row) => row.wireId === 'good');
        expect([basePrice(good?.sheet.rates ?? [], 'input'), basePrice(good?.sheet.rates ?? [], 'output')]).toEqual([
          1e6, 2e6,
        ]);
        for (const row of rows)
          for (const { price } of row.sheet.rates)
            expect(price === null || (Number.isSafeInteger(price) && price >= 0)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

const canonicalise = createCanonicaliser(loadAliases(new URL('../../pricing/aliases.json', import.meta.url)));
const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};
const AT = Date.UTC(2026, 10, 24);
const HOUR = 3600 * 1000;

describe('the price table under corrupted feeds', () => {
  const entry = (input: unknown, output: unknown) => ({ cost: { input, output } });
  const reading = (text: string, at: number): NamedReading => ({
    name: 'models.dev',
    lineage: 'models.dev',
    precedence: 1,
    revision: String(at),
    observedAt: at,
    ...parseModelsDev(text),
  });
  const offer = offerKey('openai', modelKey('openai/gpt-4o'));
  const models = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`model-${index}`, entry(index + 1, index + 2)]),
  );
  const good = JSON.stringify({ openai: { models: { 'gpt-4o': entry(2.5, 10), ...models } } });

  it('never charges less than the last good price by more than the quarantine allows, and always has one', () => {
    const corruption = fc.oneof(
      fc.integer({ min: 0, max: good.length }).map((cut) => good.slice(0, cut)),
      fc
        .tuple(fc.integer({ min: 0, max: good.length - 1 }), fc.string({ maxLength: 4 }))
        .map(([at, text]) => good.slice(0, at) + text + good.slice(at + text.length)),
      anyValue.map(
        (value) => JSON.stringify({ openai: { models: { 'gpt-4o': entry(value, value), ...models } } }) ?? '',
      ),
      fc
        .double({ min: 1e-9, max: 1e9, noNaN: true })
        .map((factor) =>
          JSON.stringify({ openai: { models: { 'gpt-4o': entry(2.5 * factor, 10 * factor), ...models } } }),
        ),
    );
    fc.assert(
      fc.property(fc.array(corruption, { minLength: 1, maxLength: 4 }), (bodies) => {
        const table = createPriceTable({ canonicalise });
        table.applyReadings([reading(good, AT)], AT);
        bodies.forEach((body, index) => {
          const at = AT + (index + 1) * HOUR;
          // Text that is not JSON, or another file: the refresher keeps what it has.
          const next = attempt(() => reading(body, at));
          if (next) table.applyReadings([next], at);
          const rates = table.at(offer, at)?.rates ?? [];
          const [input, output] = [basePrice(rates, 'input'), basePrice(rates, 'output')];
          for (const price of [input, output]) {
            expect(typeof price).toBe('number');
            expect(price).toBeLessThanOrEqual(MOST_PER_TOKEN);
          }
          // A cut below a third waits for twelve hours; each step that passes at once is smaller than that.
          expect(input).toBeGreaterThan(2_500_000 / 3 ** (index + 1) - 1);
        });
      }),
      { numRuns: 500 },
    );
  });
});
