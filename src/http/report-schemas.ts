// What the reports hold, for the description; the reports themselves are made in reports/.
import { z } from 'zod';

const interval = z.tuple([z.number(), z.number()]);

const spendLine = z.object({
  key: z.string(),
  requests: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  attempts: z.number(),
  cost_usd: z.number(),
  overhead_usd: z.number().describe('Part of cost_usd that went to probes: calls that answered nobody'),
  estimated_usd: z.number().describe('Part of cost_usd that is not exact'),
  ambiguous_usd: z.number().describe('Upper bound of what was sent and never answered; not in cost_usd'),
  ambiguous: z.number(),
  quality: z.number().nullable().describe('Mean over the requests somebody judged'),
  judged: z.number(),
});

const measured = z.object({
  holdout_requests: z.number(),
  routed_requests: z.number(),
  per_request_usd: z.number(),
  per_request_interval_usd: interval,
  saved_usd: z.number(),
  interval_usd: interval.describe('95 %'),
  thin: z.boolean().describe('Too few requests in the holdout for the interval to be believed'),
});

const savingsLine = z.object({
  key: z.string(),
  requests: z.number(),
  compared: z.number().describe('Requests that have a baseline'),
  cost_usd: z.number().describe('Of the compared requests'),
  baseline_usd: z.number(),
  overhead_usd: z.number().describe('Probes; taken off what was saved'),
  saved_usd: z.number(),
  saved_share: z.number().nullable(),
  at_worst_usd: z.number().describe('Saved, with everything ambiguous counted as spent'),
  exact_usd: z.number(),
  estimated_usd: z.number(),
  ambiguous_usd: z.number(),
  quality: z.number().nullable(),
  holdout_quality: z.number().nullable(),
  measured: measured.nullable().describe('Against the control group; null where it cannot be compared'),
});

const report = <Line extends z.ZodType>(line: Line) =>
  z.object({ from: z.iso.datetime(), to: z.iso.datetime(), by: z.string(), rows: z.array(line), total: line });

export const spendSchema = report(spendLine);
export const savingsSchema = report(savingsLine);
