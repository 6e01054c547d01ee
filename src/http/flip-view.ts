// What would have changed a choice, as the API shows it: prices at which another offer goes first.
import { z } from 'zod';
import type { Flips, PriceFlip } from '../reports/flip.ts';

const flipSchema = z.object({
  offer: z.string(),
  cost_now_usd: z.number(),
  cost_at_usd: z.number().describe('What its cost for this request has to pass'),
  change: z.number().nullable().describe('The same as a factor on every rate: -0.12 is twelve percent cheaper'),
});

export const flipsSchema = z.object({
  falls: z.array(flipSchema).describe('Would have gone first had they cost less, nearest first'),
  rise: flipSchema.nullable().describe('The first offer stays first until its price rises past this'),
  never: z.array(z.string()).describe('Would not go first even for nothing'),
  fixed: z.enum(['pinned', 'holdout', 'order', 'fastest']).nullable().describe('Why price had no say'),
});

const flipView = ({ offer, costNow, costAt, change }: PriceFlip): z.infer<typeof flipSchema> => ({
  offer,
  cost_now_usd: costNow,
  cost_at_usd: costAt,
  change: Number.isFinite(change) ? change : null,
});

export const flipsView = ({ falls, rise, never, fixed }: Flips): z.infer<typeof flipsSchema> => ({
  falls: falls.map(flipView),
  rise: rise ? flipView(rise) : null,
  never: [...never],
  fixed: fixed ?? null,
});
