// Twelve cost calculations and the five price sheets they need, as their sellers stated them in September 2026. Numbers are facts.
import { priceFromUsdPerMillion } from '../../../src/core/money.ts';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import type { Meter, PriceSheet, Rate, Usage } from '../../../src/core/price.ts';

type Prices = { readonly [M in Meter]?: number };

const lines = (prices: Prices, when?: Rate['when']): readonly Rate[] =>
  Object.entries(prices).map(([meter, usd]) => ({
    meter: meter as Meter,
    price: priceFromUsdPerMillion(usd),
    ...(when ? { when } : {}),
  }));

export const sheetOf = (provider: string, model: string, rates: readonly Rate[]): PriceSheet => ({
  offer: offerKey(provider, modelKey(model)),
  revision: 'golden',
  rates,
  effectiveFrom: Date.UTC(2026, 7, 17),
  observedAt: Date.UTC(2026, 8, 20),
  status: 'verified',
  confidence: 0.99,
  sources: [],
  reasons: [],
});

const SONNET = sheetOf('anthropic', 'anthropic/claude-sonnet-4-5', [
  ...lines({ input: 3, cached_input: 0.3, cache_write_5m: 3.75, cache_write_1h: 6, output: 15 }),
  ...lines(
    { input: 6, cached_input: 0.6, cache_write_5m: 7.5, cache_write_1h: 12, output: 22.5 },
    { promptTokens: { op: 'gt', tokens: 200_000 } },
  ),
]);

const GPT = sheetOf('openai', 'openai/gpt-5.5', [
  ...lines({ input: 5, cached_input: 0.5, output: 30 }),
  ...lines({ input: 10, cached_input: 1, output: 45 }, { promptTokens: { op: 'gt', tokens: 272_000 } }),
]);

const PEAK: Prices = { input: 0.44, cached_input: 0.014, output: 1.32 };
const DEEPSEEK = sheetOf('deepseek', 'deepseek/deepseek-v4-flash', [
  ...lines({ input: 0.22, cached_input: 0.007, output: 0.66 }),
  ...lines(PEAK, { utcMinutes: { start: 60, end: 240 } }),
  ...lines(PEAK, { utcMinutes: { start: 360, end: 600 } }),
]);

const MINI = sheetOf('openai', 'openai/gpt-4o-mini', lines({ input: 0.15, cached_input: 0.075, output: 0.6 }));

export type Golden = {
  readonly name: string;
  readonly sheet: PriceSheet;
  readonly usage: Usage;
  readonly at: string;
  readonly pico: number;
};

const NOON = '2026-09-20T12:00:00Z';
const CHAT: Usage = { input: 1000, cached_input: 9000, output: 500 };

export const GOLDEN: readonly Golden[] = [
  {
    name: 'a cache read and a five-minute cache write',
    sheet: SONNET,
    usage: { input: 10_000, cached_input: 100_000, cache_write_5m: 20_000, output: 1500 },
    at: NOON,
    pico: 157_500_000_000,
  },
  {
    name: 'a prompt of exactly the cliff',
    sheet: SONNET,
    usage: { input: 200_000, output: 1000 },
    at: NOON,
    pico: 615_000_000_000,
  },
  {
    name: 'a prompt one token past the cliff',
    sheet: SONNET,
    usage: { input: 200_001, output: 1000 },
    at: NOON,
    pico: 1_222_506_000_000,
  },
  {
    name: 'a one-hour cache write, and a cliff that counts cached tokens',
    sheet: SONNET,
    usage: { input: 5000, cache_write_1h: 8000, cached_input: 195_000, output: 700 },
    at: NOON,
    pico: 258_750_000_000,
  },
  {
    name: 'cached tokens that fill the prompt up to the cliff',
    sheet: GPT,
    usage: { input: 271_999, cached_input: 1, output: 10 },
    at: NOON,
    pico: 1_360_295_500_000,
  },
  {
    name: 'one cached token that pushes the prompt past the cliff',
    sheet: GPT,
    usage: { input: 272_000, cached_input: 1, output: 10 },
    at: NOON,
    pico: 2_720_451_000_000,
  },
  { name: 'the minute before a peak', sheet: DEEPSEEK, usage: CHAT, at: '2026-09-20T00:59:00Z', pico: 613_000_000 },
  { name: 'the first minute of a peak', sheet: DEEPSEEK, usage: CHAT, at: '2026-09-20T01:00:00Z', pico: 1_226_000_000 },
  { name: 'the end of a peak', sheet: DEEPSEEK, usage: CHAT, at: '2026-09-20T04:00:00Z', pico: 613_000_000 },
  { name: 'the last second of a peak', sheet: DEEPSEEK, usage: CHAT, at: '2026-09-20T09:59:59Z', pico: 1_226_000_000 },
  { name: 'less than a micro-dollar a token', sheet: MINI, usage: { input: 7, output: 3 }, at: NOON, pico: 2_850_000 },
  { name: 'a single token', sheet: MINI, usage: { input: 1, output: 0 }, at: NOON, pico: 150_000 },
];
