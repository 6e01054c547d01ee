// A decision as the API shows it: every quote in dollars and milliseconds, who was removed and why. No prompt text is in it.
import { z } from 'zod';
import type { Decision, Quote, Ranked } from '../core/decision.ts';
import { usdOf } from '../core/money.ts';
import { explain } from '../reports/explain.ts';
import { flipsSchema, flipsView } from './flip-view.ts';
import { plainRate } from '../reports/sellers.ts';

/** A number JSON cannot say (an infinite utility) is null. */
const number = z.number().nullable();

const quoteSchema = z.object({
  offer: z.string(),
  model: z.string(),
  provider: z.string(),
  cost_usd: z.number().describe('Expected, at the live price'),
  cost_p90_usd: z.number(),
  input_tokens: z.number(),
  cached_tokens: z.number(),
  output_tokens: z.number(),
  output_tokens_p90: z.number(),
  first_token_ms: number,
  first_token_p95_ms: number,
  total_ms: number,
  price: z.object({
    input_usd_per_million: number,
    output_usd_per_million: number,
    status: z.string(),
    revision: z.string(),
    raised_by: z.number().describe('Costs above are the rates times this: what its seller bills per dollar it states'),
  }),
});

const rankedSchema = quoteSchema.extend({
  quality: z.object({ mean: z.number(), sd: z.number(), drawn: z.number() }),
  utility_usd: number,
  probability: z.number(),
});

export const decisionSchema = z.object({
  request_id: z.string(),
  at: z.iso.datetime(),
  policy: z.string(),
  policy_hash: z.string(),
  rule: z.number().describe('1-based number of the rule that matched, or 0'),
  reason: z.enum(['objective', 'explored', 'holdout', 'pinned', 'fallback_only', 'probe', 'judge']),
  probability: z.number().describe('With which the first offer was chosen'),
  exchange_rate_usd: number.describe('What one unit of quality is worth'),
  objective: z.string(),
  profile: z.object({
    task: z.string(),
    difficulty: z.number(),
    band: z.string(),
    reasons: z.array(z.string()),
    needs: z.array(z.string()),
    language: z.string(),
    input_tokens: z.number(),
    turns: z.number(),
    stream: z.boolean(),
  }),
  ladder: z.array(rankedSchema).describe('Best first'),
  rejected: z.array(z.object({ offer: z.string(), by: z.string(), detail: z.string() })),
  baseline: quoteSchema.nullable(),
  why: z.string(),
  flips: flipsSchema.describe('What would have changed the choice'),
});

export type DecisionView = z.infer<typeof decisionSchema>;
type QuoteView = z.infer<typeof quoteSchema>;

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const quoteView = (quote: Quote): QuoteView => ({
  offer: quote.offer.key,
  model: quote.offer.model,
  provider: quote.offer.provider,
  cost_usd: usdOf(quote.cost),
  cost_p90_usd: usdOf(quote.costP90),
  input_tokens: quote.inputTokens,
  cached_tokens: quote.cachedTokens,
  output_tokens: quote.outputTokens,
  output_tokens_p90: quote.outputTokensP90,
  first_token_ms: finite(quote.firstTokenMs),
  first_token_p95_ms: finite(quote.firstTokenMsP95),
  total_ms: finite(quote.totalMs),
  price: {
    input_usd_per_million: plainRate(quote.sheet, 'input'),
    output_usd_per_million: plainRate(quote.sheet, 'output'),
    status: quote.sheet.status,
    revision: quote.sheet.revision,
    raised_by: quote.sheet.raisedBy ?? 1,
  },
});

const rankedView = ({ quote, quality, drawn, utility, probability }: Ranked): z.infer<typeof rankedSchema> => ({
  ...quoteView(quote),
  quality: { mean: quality.mean, sd: quality.sd, drawn },
  utility_usd: finite(utility),
  probability,
});

const needsOf = ({ profile: { needs } }: Decision): string[] => [
  ...(['tools', 'vision', 'json'] as const).filter((need) => needs[need]),
  ...needs.features,
];

export const decisionView = (decision: Decision): DecisionView => {
  const { profile } = decision;
  const { why, flips } = explain(decision);
  return {
    request_id: decision.requestId,
    at: new Date(decision.at).toISOString(),
    policy: decision.policy,
    policy_hash: decision.policyHash,
    rule: decision.rule,
    reason: decision.reason,
    probability: decision.probability,
    exchange_rate_usd: finite(decision.exchangeRate),
    objective: decision.plan.objective.kind,
    profile: {
      task: profile.task,
      difficulty: profile.difficulty,
      band: profile.band,
      reasons: [...profile.reasons],
      needs: needsOf(decision),
      language: profile.language,
      input_tokens: profile.inputTokens,
      turns: profile.turns,
      stream: profile.stream,
    },
    ladder: decision.ladder.map(rankedView),
    rejected: decision.rejected.map(({ offer, by, detail }) => ({ offer, by, detail })),
    baseline: decision.baseline ? quoteView(decision.baseline) : null,
    why,
    flips: flipsView(flips),
  };
};
