// Small valid values of the nouns, for tests that need one and do not care which.
import type { ChatRequest } from '../../src/core/chat.ts';
import type { Decision, Quote, Ranked } from '../../src/core/decision.ts';
import { nanoUsd, priceFromUsdPerMillion } from '../../src/core/money.ts';
import { modelKey, type Offer, offerKey } from '../../src/core/offer.ts';
import type { Plan } from '../../src/core/policy.ts';
import type { PriceSheet } from '../../src/core/price.ts';
import type { Profile } from '../../src/core/profile.ts';
import type { Patience } from '../../src/dispatch/patience.ts';

export const sampleOffer = (key = 'lumen:lumen/spark', change: Partial<Offer> = {}): Offer => {
  const [provider = 'lumen', model = 'lumen/spark'] = key.split(':');
  return {
    key: offerKey(provider, modelKey(model)),
    provider,
    model: modelKey(model),
    wireId: model.split('/')[1] ?? model,
    dialect: 'chat',
    expresses: new Set(),
    context: 128_000,
    capabilities: { tools: true, vision: true, json: true, reasoning: false },
    data: { training: 'never', retention: 'none', regions: ['eu'], selfHosted: false },
    ...change,
  };
};

/** Prices in USD per million tokens. */
export const sampleSheet = (offer: Offer, price: { input: number; output: number; cached?: number }): PriceSheet => ({
  offer: offer.key,
  revision: `${offer.key}@1`,
  rates: [
    { meter: 'input', price: priceFromUsdPerMillion(price.input) },
    { meter: 'output', price: priceFromUsdPerMillion(price.output) },
    ...(price.cached === undefined
      ? []
      : [{ meter: 'cached_input' as const, price: priceFromUsdPerMillion(price.cached) }]),
  ],
  effectiveFrom: 0,
  observedAt: 0,
  status: 'single',
  confidence: 0.9,
  sources: [{ feed: 'test', revision: '1', observedAt: 0 }],
  reasons: [],
});

export const samplePlan = (change: Partial<Plan> = {}): Plan => ({
  models: ['*/*'],
  require: { training: 'any', retention: 'any', regions: [], selfHosted: false, providers: [] },
  objective: { kind: 'worth', amount: nanoUsd(20_000_000) },
  priceOfASecond: nanoUsd(0),
  explore: { share: 1, spend: nanoUsd(1_000_000_000), floor: 0 },
  fallback: { attempts: 3, onRateLimit: 'next', onRefusal: 'stop', stream: 'fail' },
  limits: { deadlineMs: 60_000 },
  feedback: { halfLifeMs: 14 * 86_400_000, holdout: 0 },
  ...change,
});

export const sampleProfile = (change: Partial<Profile> = {}): Profile => ({
  task: 'chat',
  difficulty: 0.2,
  band: 'easy',
  reasons: [],
  needs: { tools: false, vision: false, json: false, features: [] },
  language: 'en',
  inputTokens: 100,
  turns: 1,
  conversation: ['c0ffee'],
  features: '',
  stream: false,
  ...change,
});

export const sampleQuote = (offer: Offer, price = { input: 1, output: 2 }): Quote => ({
  offer,
  sheet: sampleSheet(offer, price),
  inputTokens: 100,
  cachedTokens: 0,
  outputTokens: 200,
  outputTokensP90: 500,
  cost: nanoUsd(price.input * 100_000 + price.output * 200_000),
  costP90: nanoUsd(price.input * 100_000 + price.output * 500_000),
  firstTokenMs: 200,
  firstTokenMsP95: 600,
  totalMs: 3_000,
});

export const sampleRung = (quote: Quote, utility = 0): Ranked => ({
  quote,
  quality: { mean: 0.8, sd: 0.1 },
  drawn: 0.8,
  utility,
  probability: 1,
});

export const sampleDecision = (ladder: readonly Ranked[], change: Partial<Decision> = {}): Decision => ({
  requestId: 'r1',
  at: Date.UTC(2026, 10, 24, 12),
  policy: 'auto',
  policyHash: 'abc',
  rule: 0,
  plan: samplePlan(),
  profile: sampleProfile(),
  ladder,
  rejected: [],
  reason: 'objective',
  probability: 1,
  exchangeRate: 0.02,
  ...change,
});

export const sampleRequest = (change: Partial<ChatRequest> = {}): ChatRequest => ({
  dialect: 'chat',
  model: 'auto',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Where is my parcel?' }] }],
  tools: [],
  output: { kind: 'text' },
  stop: [],
  stream: false,
  includeUsage: false,
  features: [],
  body: { model: 'auto', messages: [{ role: 'user', content: 'Where is my parcel?' }] },
  bytes: 80,
  ...change,
});

/** Short where a test may wait for it, long where it must not be in the way. */
export const samplePatience = (change: Partial<Patience> = {}): Patience => ({
  connectMs: 1_000,
  firstTokenMs: 1_000,
  slowFirstTokenMs: 1_000,
  firstTokenMostMs: 1_000,
  idleMs: 1_000,
  thinkingIdleMs: 1_000,
  progressMs: 60_000,
  wholeMs: 1_000,
  retryPauseMs: 100,
  ...change,
});
