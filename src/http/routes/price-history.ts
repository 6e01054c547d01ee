// GET /v1/prices/history: every change of one offer's prices, as the database has them, across restarts.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isOfferKey } from '../../core/offer.ts';
import type { Clock, PriceHistory } from '../../core/ports.ts';
import type { PriceSheet } from '../../core/price.ts';
import { PRICE_VERDICTS, type PriceRecord, sheetAsOf } from '../../core/price-history.ts';
import { type Endpoint, serve } from '../endpoint.ts';
import { check } from '../input.ts';
import { type MarketBoard, rateSchema, rateView, sheetSchema, sheetView } from '../listing.ts';
import { ledgerFault } from '../records.ts';

export type PriceHistoryDeps = {
  readonly market: Pick<MarketBoard, 'history'>;
  readonly prices: Pick<PriceHistory, 'of'>;
  readonly clock: Clock;
};

const DEFAULT_LIMIT = 200;
const MOST = 2_000;

const instant = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

const query = z.strictObject({
  offer: z.string().max(300).refine(isOfferKey, 'must be provider:author/name').describe('provider:author/name'),
  from: instant.optional().describe('Observed at this UTC date or date-time or later'),
  to: instant.optional().describe('Observed before it'),
  limit: z.coerce.number().int().min(1).max(MOST).default(DEFAULT_LIMIT).describe('The newest so many'),
  at: instant.optional().describe('Instead of the changes: the one sheet that held then'),
  known_at: instant.optional().describe('With `at`: as far as was known then; now where it is not given'),
});

const change = sheetSchema.extend({
  verdict: z.enum(PRICE_VERDICTS),
  reason: z.string().describe('Why it was judged so'),
  changed_at: z.iso.datetime().describe('When it was judged here'),
  before: z.array(rateSchema).nullable().describe('What was charged before; null for a first price'),
  proposed: z.array(rateSchema).nullable().describe('What the source stated, where that is not what is charged'),
});

export const historyEndpoint: Endpoint = {
  method: 'GET',
  path: '/v1/prices/history',
  summary: 'Every change of one offer’s prices, oldest first, across restarts',
  access: 'key',
  input: { query },
  answers: { 'application/json': z.object({ object: z.literal('list'), data: z.array(change) }) },
  errors: ['invalid_request', 'ledger_unavailable'],
};

type Change = z.infer<typeof change>;

const changeView = ({ sheet, verdict, reason, observedAt, before, proposed }: PriceRecord): Change => ({
  ...sheetView(sheet),
  verdict,
  reason,
  changed_at: new Date(observedAt).toISOString(),
  before: before ? before.map(rateView) : null,
  proposed: proposed ? proposed.map(rateView) : null,
});

/** What the table knows and no change in the database speaks of: the bundled list, and what is not written yet. */
const recordOf = (sheet: PriceSheet): PriceRecord => ({
  offer: sheet.offer,
  verdict: sheet.status === 'held' ? 'held' : 'applied',
  reason: 'known at start',
  observedAt: sheet.observedAt,
  sheet,
});

const merged = (written: readonly PriceRecord[], known: readonly PriceSheet[]): readonly PriceRecord[] => {
  const revisions = new Set(written.map(({ sheet }) => sheet.revision));
  const missing = known.filter(({ revision }) => !revisions.has(revision)).map(recordOf);
  return [...missing, ...written].toSorted((a, b) => a.observedAt - b.observedAt);
};

export const mountPriceHistory = (app: FastifyInstance, { market, prices, clock }: PriceHistoryDeps): void =>
  serve(app, historyEndpoint, async (request) => {
    const { offer, from, to, limit, at, known_at: knownAt } = check(query, request.query);
    // The refinement says it is a key; asked again so that the compiler knows.
    if (!isOfferKey(offer)) return { object: 'list', data: [] };
    const range = {
      from: from === undefined ? 0 : Date.parse(from),
      to: to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to),
    };
    const written = await prices.of(offer, { ...range, limit: at === undefined ? limit : MOST }).catch(ledgerFault);
    const records = merged(written, market.history(offer)).filter(
      ({ observedAt }) => observedAt >= range.from && observedAt < range.to,
    );
    if (at === undefined) return { object: 'list', data: records.slice(-limit).map(changeView) };
    const known = knownAt === undefined ? clock.now() : Date.parse(knownAt);
    const sheet = sheetAsOf(records, { at: Date.parse(at), knownAt: known });
    return { object: 'list', data: records.filter((record) => record.sheet === sheet).map(changeView) };
  });
