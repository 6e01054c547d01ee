// Who sells which model in the simulated world, at what price, how fast and how reliably.
import type { DialectName } from '../core/dialect.ts';
import { type ModelKey, modelKey, type OfferKey, offerKey } from '../core/offer.ts';

/** USD per million tokens. Reasoning is billed as output. */
export type Price = { readonly input: number; readonly cached: number; readonly output: number };

export type SimOffer = {
  readonly key: OfferKey;
  readonly provider: string;
  readonly model: ModelKey;
  /** The id this provider knows the model by. */
  readonly wireId: string;
  readonly price: Price;
  /** Medians of log-normal times, in the demo's compressed seconds. */
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  /** Multiplies the world's fault rates. */
  readonly flaky: number;
};

export type SimProvider = {
  readonly name: string;
  readonly dialect: DialectName;
  readonly keyEnv: string;
  readonly key: string;
};

const provider = (name: string, dialect: DialectName): SimProvider => ({
  name,
  dialect,
  keyEnv: `${name.toUpperCase()}_API_KEY`,
  key: `demo-${name}-key-0000`,
});

export const PROVIDERS: readonly SimProvider[] = [
  provider('quarry', 'messages'),
  provider('lumen', 'gemini'),
  provider('harbor', 'chat'),
  provider('nimbus', 'chat'),
  provider('foundry', 'chat'),
];

type Stall = {
  /** Input, cached input, output. */
  readonly price: readonly [number, number, number];
  /** First token, further tokens. */
  readonly speed: readonly [number, number];
  readonly flaky: number;
};

const sells = (seller: string, wireId: string, stall: Stall & { readonly model: string }): SimOffer => {
  const model = modelKey(stall.model);
  const [input, cached, output] = stall.price;
  const [firstTokenMs, tokenMs] = stall.speed;
  const rest = { price: { input, cached, output }, firstTokenMs, tokenMs, flaky: stall.flaky };
  return { key: offerKey(seller, model), provider: seller, model, wireId, ...rest };
};

export const OFFERS: readonly SimOffer[] = [
  sells('quarry', 'granite-large-2', {
    model: 'quarry/granite-large',
    price: [5, 0.5, 25],
    speed: [28, 0.23],
    flaky: 0.6,
  }),
  sells('quarry', 'granite-small-2', {
    model: 'quarry/granite-small',
    price: [0.6, 0.06, 2.6],
    speed: [16, 0.15],
    flaky: 0.6,
  }),
  sells('lumen', 'spark-pro', { model: 'lumen/spark-pro', price: [0.8, 0.2, 3.2], speed: [32, 0.12], flaky: 1 }),
  sells('lumen', 'spark-mini', { model: 'lumen/spark-mini', price: [0.12, 0.03, 0.5], speed: [9, 0.08], flaky: 1 }),
  sells('harbor', 'tidal/Current-70B-Instruct', {
    model: 'tidal/current-70b',
    price: [0.48, 0.24, 1.6],
    speed: [18, 0.22],
    flaky: 1.2,
  }),
  sells('harbor', 'foundry/Anvil-Coder', {
    model: 'foundry/anvil-coder',
    price: [0.5, 0.25, 2],
    speed: [20, 0.2],
    flaky: 1.2,
  }),
  sells('harbor', 'meadow/Clover-8B', {
    model: 'meadow/clover-8b',
    price: [0.04, 0.04, 0.1],
    speed: [8, 0.1],
    flaky: 1.2,
  }),
  sells('nimbus', 'current-70b', { model: 'tidal/current-70b', price: [0.6, 0.3, 2], speed: [12, 0.13], flaky: 0.8 }),
  sells('nimbus', 'granite-large', {
    model: 'quarry/granite-large',
    price: [5.5, 1.1, 27.5],
    speed: [24, 0.2],
    flaky: 0.8,
  }),
  sells('nimbus', 'obelisk-1', { model: 'summit/obelisk-1', price: [6, 1.5, 24], speed: [38, 0.18], flaky: 0.8 }),
  sells('foundry', 'anvil-coder', {
    model: 'foundry/anvil-coder',
    price: [0.6, 0.12, 2.3],
    speed: [14, 0.13],
    flaky: 0.5,
  }),
  sells('foundry', 'current-70b', {
    model: 'tidal/current-70b',
    price: [0.66, 0.33, 2.3],
    speed: [10, 0.1],
    flaky: 0.5,
  }),
  sells('foundry', 'clover-8b', {
    model: 'meadow/clover-8b',
    price: [0.05, 0.025, 0.12],
    speed: [6, 0.07],
    flaky: 0.5,
  }),
];
