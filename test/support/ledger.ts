// Ledger records for tests: a request with as many attempts as wanted, in the shapes dispatch writes them.
import type { Decision } from '../../src/core/decision.ts';
import type { Feedback, LedgerRecord } from '../../src/core/ledger.ts';
import { nanoUsd } from '../../src/core/money.ts';
import { modelKey, offerKey } from '../../src/core/offer.ts';
import type { Attempt, Outcome } from '../../src/core/outcome.ts';
import { sampleDecision, sampleOffer, samplePlan, sampleProfile, sampleQuote, sampleRung } from './sample.ts';

export const DAY_MS = 86_400_000;
export const START_MS = Date.UTC(2026, 10, 24, 12);

/** provider:author/name */
export const keyOf = (text: string) => {
  const [provider = '', model = ''] = text.split(':');
  return offerKey(provider, modelKey(model));
};

/** A decision that uses everything a decision can hold. */
export const fullDecision = (requestId: string, change: Partial<Decision> = {}): Decision => {
  const spark = sampleOffer('lumen:lumen/spark', { expresses: new Set(['seed', 'field:x_y']), maxOutput: 4096 });
  const titan = sampleOffer('orion:orion/titan');
  return sampleDecision(
    [sampleRung(sampleQuote(spark), 0.0123), sampleRung(sampleQuote(titan, { input: 5, output: 20 }), -0.004)],
    {
      requestId,
      at: START_MS,
      rule: 2,
      rejected: [{ offer: keyOf('orion:orion/mini'), by: 'context', detail: 'needs 200 000 tokens, has 128 000' }],
      plan: samplePlan({ limits: { deadlineMs: 1000, spend: { amount: nanoUsd(5_000_000_000), periodMs: DAY_MS } } }),
      profile: sampleProfile({ reasons: ['says "proof" 📜 +0.18', 'null\0byte'] }),
      baseline: sampleQuote(titan, { input: 5, output: 20 }),
      ...change,
    },
  );
};

export const attemptOf = (requestId: string, change: Partial<Attempt> = {}): Attempt => ({
  requestId,
  attempt: 1,
  offer: keyOf('lumen:lumen/spark'),
  at: START_MS,
  result: 'ok',
  usage: { input: 100, output: 40 },
  cost: nanoUsd(1_000),
  costStatus: 'exact',
  priceRevision: 'lumen:lumen/spark@1',
  totalMs: 800,
  ...change,
});

export const outcomeOf = (requestId: string, change: Partial<Outcome> = {}): Outcome => {
  const attempts = change.attempts ?? [attemptOf(requestId)];
  return {
    requestId,
    at: START_MS + 1_000,
    status: 'ok',
    finish: 'stop',
    offer: attempts.at(-1)?.offer ?? keyOf('lumen:lumen/spark'),
    attempts,
    cost: nanoUsd(attempts.reduce((sum, attempt) => sum + attempt.cost, 0)),
    costStatus: 'exact',
    totalMs: 900,
    ...change,
  };
};

export const decided = (decision: Decision, caller = 'key-1'): LedgerRecord => ({ kind: 'decision', decision, caller });
export const settled = (outcome: Outcome): LedgerRecord => ({ kind: 'outcome', outcome });
export const said = (requestId: string, change: Partial<Feedback> = {}): LedgerRecord => ({
  kind: 'feedback',
  feedback: { requestId, source: 'user', score: 1, at: START_MS + 5_000, ...change },
});
export const sent = (requestId: string, attempt = 1, reserved = 7_000): LedgerRecord => ({
  kind: 'dispatch',
  note: { requestId, attempt, at: START_MS + attempt, offer: keyOf('lumen:lumen/spark'), reserved: nanoUsd(reserved) },
});

/** A whole ordinary request: decided, sent, answered. */
export const wholeRequest = (
  requestId: string,
  parts: { decision?: Partial<Decision>; outcome?: Partial<Outcome>; caller?: string } = {},
): LedgerRecord[] => [
  decided(fullDecision(requestId, parts.decision), parts.caller),
  sent(requestId),
  settled(outcomeOf(requestId, parts.outcome)),
];
