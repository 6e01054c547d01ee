// A small market for tests of deciding: offers with prices, beliefs about their models, and the input of a decision.
import type { Estimate, Quote } from '../../../src/core/decision.ts';
import { nanoFromUsd } from '../../../src/core/money.ts';
import type { Plan } from '../../../src/core/policy.ts';
import type { DecideInput } from '../../../src/learn/decide.ts';
import { seededRng } from '../../support/rng.ts';
import { sampleOffer, samplePlan, sampleProfile, sampleQuote } from '../../support/sample.ts';

export type Stall = {
  /** provider:author/name */
  readonly key: string;
  readonly usd: number;
  readonly mean?: number;
  readonly sd?: number;
  readonly ms?: number;
};

export const quoteOf = ({ key, usd, ms = 1_000 }: Stall): Quote => ({
  ...sampleQuote(sampleOffer(key)),
  cost: nanoFromUsd(usd),
  costP90: nanoFromUsd(2 * usd),
  totalMs: ms,
});

export const planWith = (change: Partial<Plan> = {}): Plan =>
  samplePlan({
    objective: { kind: 'worth', amount: nanoFromUsd(0.02) },
    explore: { share: 0, spend: nanoFromUsd(1), floor: 0 },
    ...change,
  });

export const inputOf = (stalls: readonly Stall[], change: Partial<DecideInput> = {}): DecideInput => {
  const beliefs = new Map<string, Estimate>(
    stalls.map(({ key, mean = 0.8, sd = 0.1 }) => [key.slice(key.indexOf(':') + 1), { mean, sd }]),
  );
  return {
    requestId: 'r1',
    at: Date.UTC(2026, 10, 24, 12),
    policy: { name: 'auto', hash: 'abc' },
    rule: 0,
    plan: planWith(),
    profile: sampleProfile(),
    quotes: stalls.map(quoteOf),
    rejected: [],
    quality: (model) => beliefs.get(model) ?? { mean: 0.5, sd: 0.2 },
    exchangeRate: 0.02,
    rng: seededRng(1),
    explore: 'allowed',
    ...change,
  };
};
