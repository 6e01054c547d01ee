// What holds where a policy file says nothing. The only place: explain, schema.json and docs/policies.md print it.
import { nanoFromUsd } from '../core/money.ts';
import type { Plan } from '../core/policy.ts';
import { PERIODS_MS } from '../core/window.ts';

/** Of the answers, where a judge is named without a share. */
export const JUDGED_SHARE = 0.02;

export const DEFAULT_PLAN: Plan = {
  models: ['*/*'],
  require: { training: 'any', retention: 'any', regions: [], selfHosted: false, providers: [] },
  // Between a small and a large model an answer differs by about a cent: five cents for a perfect one buys the large
  // model where it is believed to be a fifth better, and not below.
  objective: { kind: 'worth', amount: nanoFromUsd(0.05) },
  priceOfASecond: nanoFromUsd(0.0001),
  explore: { share: 0.02, spend: nanoFromUsd(1), floor: 0.8 },
  fallback: { attempts: 3, onRateLimit: 'next', onRefusal: 'stop', stream: 'fail' },
  // A stream shows that it goes on, so it may take longer.
  limits: { deadlineMs: 120_000, streamDeadlineMs: 600_000 },
  feedback: { halfLifeMs: 14 * PERIODS_MS.day, holdout: 0.01 },
};
