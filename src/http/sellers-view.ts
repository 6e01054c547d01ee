// GET /v1/prices as it is written: every offer with what it is compared by, and of one model all sellers beside each other.
import { z } from 'zod';
import { BLEND, blendedRate, dominatedBy, plainRate, type Standing, spreadOf } from '../reports/sellers.ts';
import { type ListedOffer, priceSchema, priceView } from './listing.ts';

const number = z.number().nullable();

const sellerSchema = priceSchema.extend({
  configured: z.boolean().describe('Can be called from here; the others are shown for comparison'),
  context: number,
  cached_input_usd_per_million: number,
  blended_usd_per_million: number.describe(`${BLEND}, everyday rates`),
  status: z.string().nullable().describe('How well the price is known'),
  confidence: number,
  first_token_p95_ms: number,
  latency_from: z.enum(['measured', 'feed']).nullable().describe('Own calls, or what a feed saw from elsewhere'),
  latency_age_seconds: number.describe('Since it was last measured here'),
  uptime: number.describe('Share of calls answered lately; rate limits do not count'),
  data: z.object({
    training: z.enum(['never', 'may', 'unknown']),
    retention: z.enum(['none', 'limited', 'unknown']),
    regions: z.array(z.string()),
    self_hosted: z.boolean(),
  }),
  dominated_by: z
    .string()
    .nullable()
    .describe('An offer of this model no worse in price, first token, speed and uptime, and better in one'),
});

const spreadSchema = z.object({
  sellers: z.number().describe('With a known price'),
  cheapest_usd_per_million: z.number(),
  median_usd_per_million: z.number(),
  dearest_usd_per_million: z.number(),
  dearest_over_cheapest: number.describe('null where the cheapest is free'),
  cheapest_below_median: number.describe('Share of the median price that the cheapest seller saves'),
});

export const sellersSchema = z.object({
  object: z.literal('list'),
  model: z.string().optional().describe('Where one was asked for: all its sellers, configured or not'),
  blend: z.string().optional(),
  spread: spreadSchema.nullable().optional().describe('Of blended prices over all sellers of the model'),
  data: z.array(sellerSchema),
});

export type SellerView = z.infer<typeof sellerSchema>;
export type SellersView = z.infer<typeof sellersSchema>;

const standingOf = ({ offer, sheet, live }: ListedOffer): Standing => ({
  offer: offer.key,
  blended: blendedRate(sheet),
  firstTokenMs: live?.firstTokenMs ?? null,
  tokensPerSecond: live?.tokensPerSecond ?? null,
  uptime: live?.uptime ?? null,
});

const viewOf = (row: ListedOffer, now: number, better: string | undefined): SellerView => {
  const { offer, sheet, live, configured = true } = row;
  const { training, retention, regions, selfHosted } = offer.data;
  return {
    ...priceView(row, now),
    configured,
    context: offer.context || null,
    cached_input_usd_per_million: plainRate(sheet, 'cached_input'),
    blended_usd_per_million: blendedRate(sheet),
    status: sheet?.status ?? null,
    confidence: sheet?.confidence ?? null,
    first_token_p95_ms: live?.firstTokenMsP95 ?? null,
    latency_from: live?.latencyFrom ?? null,
    latency_age_seconds:
      live?.measuredAt === undefined ? null : Math.max(0, Math.round((now - live.measuredAt) / 1000)),
    uptime: live?.uptime ?? null,
    data: { training, retention, regions: [...regions], self_hosted: selfHosted },
    dominated_by: better ?? null,
  };
};

/** Each offer is compared with the others of its model. */
export const offersView = (rows: readonly ListedOffer[], now: number): readonly SellerView[] => {
  const better = [...Map.groupBy(rows, ({ offer }) => offer.model).values()].flatMap((sellers) => [
    ...dominatedBy(sellers.map(standingOf)),
  ]);
  const betterOf = new Map(better);
  return rows.map((row) => viewOf(row, now, betterOf.get(row.offer.key)));
};

/** Sellers of one model, cheapest first, those without a price last. */
export const sellersView = (model: string, rows: readonly ListedOffer[], now: number): SellersView => {
  const data = offersView(rows, now).toSorted(
    (a, b) => (a.blended_usd_per_million ?? Infinity) - (b.blended_usd_per_million ?? Infinity),
  );
  const prices = data.flatMap(({ blended_usd_per_million: price }) => price ?? []);
  return { object: 'list', model, blend: BLEND, spread: spreadOf(prices) ?? null, data };
};
