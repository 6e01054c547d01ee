// What became of a decision: its attempts, its outcome, what was said of it.
import { z } from 'zod';
import type { Feedback, RequestView } from '../core/ledger.ts';
import { usdOf } from '../core/money.ts';
import type { Attempt, Outcome } from '../core/outcome.ts';

const costStatus = z.enum(['exact', 'estimated', 'ambiguous']);

const attemptSchema = z.object({
  attempt: z.number(),
  offer: z.string(),
  result: z.string(),
  status: z.number().nullable().describe('The provider’s HTTP status, where it failed with one'),
  cost_usd: z.number(),
  cost_status: costStatus,
  billed_usd: z.number().nullable().describe('What its seller said the call cost'),
  computed_usd: z.number().nullable().describe('Beside a bill: what the price sheet makes of the same use'),
  price_revision: z.string(),
  first_token_ms: z.number().nullable(),
  total_ms: z.number(),
});

export const outcomeSchema = z.object({
  status: z.enum(['ok', 'failed', 'cancelled']),
  error: z.string().nullable(),
  finish: z.string().nullable(),
  offer: z.string(),
  cost_usd: z.number(),
  cost_status: costStatus,
  baseline_usd: z.number().nullable(),
  first_token_ms: z.number().nullable(),
  total_ms: z.number(),
  signals: z
    .array(z.object({ source: z.string(), score: z.number() }))
    .describe('What the answer shows of itself: @schema, @tools, @finish'),
  attempts: z.array(attemptSchema),
});

export const feedbackSchema = z.object({
  source: z.string(),
  score: z.number(),
  label: z.string().nullable(),
  at: z.iso.datetime(),
});

const attemptView = (attempt: Attempt): z.infer<typeof attemptSchema> => ({
  attempt: attempt.attempt,
  offer: attempt.offer,
  result: attempt.result,
  status: attempt.cause?.status ?? null,
  cost_usd: usdOf(attempt.cost),
  cost_status: attempt.costStatus,
  billed_usd: attempt.billed === undefined ? null : usdOf(attempt.billed),
  computed_usd: attempt.computed === undefined ? null : usdOf(attempt.computed),
  price_revision: attempt.priceRevision,
  first_token_ms: attempt.firstTokenMs ?? null,
  total_ms: attempt.totalMs,
});

const outcomeView = (outcome: Outcome): z.infer<typeof outcomeSchema> => ({
  status: outcome.status,
  error: outcome.error ?? null,
  finish: outcome.finish ?? null,
  offer: outcome.offer,
  cost_usd: usdOf(outcome.cost),
  cost_status: outcome.costStatus,
  baseline_usd: outcome.baselineCost === undefined ? null : usdOf(outcome.baselineCost),
  first_token_ms: outcome.firstTokenMs ?? null,
  total_ms: outcome.totalMs,
  signals: (outcome.signals ?? []).map(({ source, score }) => ({ source, score })),
  attempts: outcome.attempts.map(attemptView),
});

const feedbackView = (feedback: Feedback): z.infer<typeof feedbackSchema> => ({
  source: feedback.source,
  score: feedback.score,
  label: feedback.label ?? null,
  at: new Date(feedback.at).toISOString(),
});

/** Null while it is under way. */
export const outcomeOf = (view: RequestView): z.infer<typeof outcomeSchema> | null =>
  view.outcome ? outcomeView(view.outcome) : null;

export const feedbackOf = (view: RequestView): z.infer<typeof feedbackSchema>[] => view.feedback.map(feedbackView);
