import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSTRAINTS, type Quote } from '../../../src/core/decision.ts';
import { nanoUsd, priceFromUsdPerMillion } from '../../../src/core/money.ts';
import { modelKey, type Offer } from '../../../src/core/offer.ts';
import type { Requirements } from '../../../src/core/policy.ts';
import type { PriceSheet } from '../../../src/core/price.ts';
import type { Needs } from '../../../src/core/profile.ts';
import type { HealthView } from '../../../src/market/health.ts';
import { type Floor, quoteAll } from '../../../src/market/quote.ts';
import { sampleOffer, samplePlan, sampleProfile, sampleSheet } from '../../support/sample.ts';

const floor = (sheets: readonly PriceSheet[], change: Partial<Floor> = {}): Floor => ({
  at: 0,
  sheetOf: (key) => sheets.find((sheet) => sheet.offer === key),
  latencyOf: () => ({
    firstTokenMs: 300,
    firstTokenMsP95: 900,
    tokensPerSecond: 100,
    samples: 10,
    judged: { by: 'measured', firstTokenMs: 900 },
  }),
  healthOf: () => ({ state: 'closed', share: 1 }),
  tokensOf: () => ({ mean: 200, p90: 600 }),
  lastServed: undefined,
  luck: 0.5,
  ...change,
});
const ask = (require: Partial<Requirements> = {}, profile = sampleProfile()) => ({
  plan: samplePlan({ require: { ...samplePlan().require, ...require } }),
  profile,
  dialect: 'chat' as const,
});
const reasons = (offer: Offer, inquiry: ReturnType<typeof ask>, sheet?: PriceSheet, change?: Partial<Floor>) =>
  quoteAll([offer], inquiry, floor(sheet ? [sheet] : [], change)).rejected.map((each) => each.by);

describe('quotes', () => {
  const offer = sampleOffer();
  const sheet = sampleSheet(offer, { input: 1, output: 2, cached: 0.1 });

  it('works out expected and P90 dollars', () => {
    const [quote] = quoteAll([offer], ask(), floor([sheet])).quotes;
    expect(quote).toMatchObject({ cost: 500_000, costP90: 1_300_000, totalMs: 2_300, outputTokensP90: 600 });
  });

  it('quotes the cached rate only to the offer that served the conversation last', () => {
    const other = sampleOffer('p2:lumen/spark');
    const sheets = [sheet, sampleSheet(other, { input: 1, output: 2, cached: 0.1 })];
    const { quotes } = quoteAll(
      [offer, other],
      ask(),
      floor(sheets, { lastServed: { offer: offer.key, cachedTokens: 80 } }),
    );
    // 20 × $1/M + 80 × $0.1/M + 200 × $2/M against 100 × $1/M + 200 × $2/M
    expect(quotes.map((quote) => quote.cost)).toEqual([428_000, 500_000]);
  });

  it('never routes to an unknown price', () => {
    expect(reasons(offer, ask())).toEqual(['price']);
    const silent = { ...sheet, rates: sheet.rates.filter((rate) => rate.meter !== 'output') };
    expect(reasons(offer, ask(), silent)).toEqual(['price']);
    const unknown = { ...sheet, rates: [...silent.rates, { meter: 'output' as const, price: null }] };
    expect(reasons(offer, ask(), unknown)).toEqual(['price']);
    const free = { ...sheet, rates: [...silent.rates, { meter: 'output' as const, price: priceFromUsdPerMillion(0) }] };
    expect(reasons(offer, ask(), free)).toEqual([]);
  });

  it('names the constraint that removed an offer', () => {
    const needs = (change: Partial<Needs>) => sampleProfile({ needs: { ...sampleProfile().needs, ...change } });
    const mute = sampleOffer('p:a/b', { capabilities: { tools: false, vision: false, json: false, reasoning: false } });
    const muteSheet = sampleSheet(mute, { input: 1, output: 2 });
    expect(reasons(mute, ask({}, needs({ tools: true })), muteSheet)).toEqual(['capability']);
    expect(reasons(offer, ask({}, needs({ features: ['seed'] })), sheet)).toEqual(['feature']);
    expect(reasons(offer, ask({}, sampleProfile({ inputTokens: 200_000 })), sheet)).toEqual(['context']);
    expect(
      reasons(
        sampleOffer(undefined, { data: { ...offer.data, training: 'unknown' } }),
        ask({ training: 'never' }),
        sheet,
      ),
    ).toEqual(['data']);
    expect(reasons(offer, ask({ selfHosted: true }), sheet)).toEqual(['data']);
    expect(
      reasons(
        sampleOffer(undefined, { data: { ...offer.data, regions: ['eu', 'cn'] } }),
        ask({ regions: ['eu'] }),
        sheet,
      ),
    ).toEqual(['region']);
    expect(reasons(offer, ask({ providers: ['other'] }), sheet)).toEqual(['provider']);
    expect(reasons(offer, ask({ maxCost: nanoUsd(1_000_000) }), sheet)).toEqual(['max_cost']);
    expect(reasons(offer, ask({ maxOutputPrice: priceFromUsdPerMillion(1) }), sheet)).toEqual(['price_ceiling']);
    expect(reasons(offer, ask({ firstTokenMs: 500 }), sheet)).toEqual(['first_token']);
    const unjudged = { firstTokenMs: 700, firstTokenMsP95: 2_500, tokensPerSecond: 60, samples: 0 };
    expect(reasons(offer, ask({ firstTokenMs: 500 }), sheet, { latencyOf: () => unjudged })).toEqual([]);
    const told = { ...unjudged, judged: { by: 'feed' as const, firstTokenMs: 600 } };
    expect(reasons(offer, ask({ firstTokenMs: 500 }), sheet, { latencyOf: () => told })).toEqual(['first_token']);
    expect(reasons(offer, ask({ firstTokenMs: 650 }), sheet, { latencyOf: () => told })).toEqual([]);
  });

  it('lets fields we do not know pass only to a provider of the same dialect', () => {
    const profile = sampleProfile({ needs: { ...sampleProfile().needs, features: ['field:guided_regex'] } });
    expect(reasons(offer, ask({}, profile), sheet)).toEqual([]);
    expect(reasons(sampleOffer(undefined, { dialect: 'messages' }), ask({}, profile), sheet)).toEqual(['feature']);
  });

  it('leaves the sick out; where that leaves nobody, one request in ten is sent to them all the same', () => {
    const other = sampleOffer('p2:lumen/spark');
    const sheets = [sheet, sampleSheet(other, { input: 1, output: 2 })];
    const sickOnly = (sick: readonly Offer[]): Partial<Floor> => ({
      healthOf: (key) =>
        sick.some((each) => each.key === key) ? { state: 'open', share: 0 } : { state: 'closed', share: 1 },
    });
    const keys = (quotes: readonly Quote[]) => quotes.map((quote) => quote.offer.key);
    const one = quoteAll([offer, other], ask(), floor(sheets, sickOnly([offer])));
    expect(keys(one.quotes)).toEqual([other.key]);
    expect(one.rejected).toMatchObject([{ offer: offer.key, by: 'health' }]);
    const all = (luck: number) => quoteAll([offer, other], ask(), floor(sheets, { ...sickOnly([offer, other]), luck }));
    expect(keys(all(0.09).quotes)).toEqual([offer.key, other.key]);
    expect(all(0.1)).toMatchObject({ quotes: [], rejected: [{ by: 'health' }, { by: 'health' }] });
    // One that is coming back is asked before anyone is turned away, whatever its share.
    const ramp: Partial<Floor> = {
      healthOf: (key) => (key === other.key ? { state: 'ramp', share: 0.02 } : { state: 'open', share: 0 }),
      luck: 0.9,
    };
    expect(keys(quoteAll([offer, other], ask(), floor(sheets, ramp)).quotes)).toEqual([other.key]);
  });

  it('does not take an offer whose seller cannot be paid for one that answers', () => {
    const other = sampleOffer('p2:lumen/spark');
    const sheets = [sheet, sampleSheet(other, { input: 1, output: 2 })];
    const keys = (quotes: readonly Quote[]) => quotes.map((quote) => quote.offer.key);
    const asked = (state: HealthView['state'], luck: number, broke = [other.key]) =>
      quoteAll(
        [offer, other],
        ask(),
        floor(sheets, {
          luck,
          healthOf: (key) =>
            key === offer.key ? { state, share: state === 'ramp' ? 0.02 : 0 } : { state: 'closed', share: 1 },
          canPay: (quote) => !broke.includes(quote.offer.key),
        }),
      );
    // The only one that could be paid rests: it is tried now and then, and the others are told when it is back.
    expect(keys(asked('open', 0.09).quotes)).toEqual([offer.key, other.key]);
    expect(asked('open', 0.1)).toMatchObject({ quotes: [], rejected: [{ by: 'health' }, { by: 'budget' }] });
    expect(keys(asked('ramp', 0.9).quotes)).toEqual([offer.key]);
    // Nobody can be paid: then the healthy one says so, when it is asked.
    expect(keys(asked('open', 0.9, [offer.key, other.key]).quotes)).toEqual([other.key]);
  });

  it('gives every offer a quote or a reason, and no quote that breaks a constraint', () => {
    const anyOffer = fc.record({
      tools: fc.boolean(),
      training: fc.constantFrom('never', 'may', 'unknown'),
      context: fc.integer({ min: 50, max: 5_000 }),
      region: fc.constantFrom('eu', 'us'),
    });
    const anyAsk = fc.record({
      tools: fc.boolean(),
      training: fc.constantFrom('never', 'any'),
      input: fc.integer({ min: 1, max: 6_000 }),
      regions: fc.subarray(['eu', 'us']),
      sick: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(anyOffer, { maxLength: 12 }), anyAsk, (sellers, wish) => {
        const offers = sellers.map((seller, index) =>
          sampleOffer(`p${index}:lumen/spark`, {
            model: modelKey('lumen/spark'),
            context: seller.context,
            capabilities: { tools: seller.tools, vision: true, json: true, reasoning: true },
            data: {
              training: seller.training,
              retention: 'none',
              regions: [seller.region],
              selfHosted: false,
            },
          }),
        );
        const inquiry = ask(
          { training: wish.training, regions: wish.regions },
          sampleProfile({ inputTokens: wish.input, needs: { ...sampleProfile().needs, tools: wish.tools } }),
        );
        const sheets = offers.map((each) => sampleSheet(each, { input: 1, output: 2 }));
        const health: Partial<Floor> = wish.sick ? { healthOf: () => ({ state: 'open', share: 0 }) } : {};
        const { quotes, rejected } = quoteAll(offers, inquiry, floor(sheets, health));
        expect(quotes.length + rejected.length).toBe(offers.length);
        for (const { offer: chosen } of quotes) {
          expect(!wish.tools || chosen.capabilities.tools).toBe(true);
          expect(chosen.context).toBeGreaterThanOrEqual(wish.input);
          expect(wish.training === 'any' || chosen.data.training === 'never').toBe(true);
          expect(wish.regions.length === 0 || wish.regions.some((region) => region === chosen.data.regions[0])).toBe(
            true,
          );
        }
        for (const { by } of rejected) expect(CONSTRAINTS).toContain(by);
      }),
    );
  });
});
