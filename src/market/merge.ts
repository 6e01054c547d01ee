// What several saved feeds say together at an instant: one row per offer, for people who want to check us.
import type { Canonicaliser } from './identity.ts';
import { consensusOf } from './consensus.ts';
import { listingsOf, type NamedReading, peersOf } from './listings.ts';
import { judge } from './quarantine.ts';
import { basePrice } from './rates.ts';
import { aged } from './trust.ts';

/** As `bourse prices merge --json` prints it; the names are pinned. */
export type MergedRow = {
  readonly offer: string;
  readonly provider: string;
  readonly model: string;
  readonly wire_id: string;
  readonly input_usd_per_mtok: number | null;
  readonly output_usd_per_mtok: number | null;
  readonly cached_input_usd_per_mtok: number | null;
  readonly status: string;
  readonly confidence: number;
  readonly age_s: number;
  readonly sources: readonly string[];
  readonly reasons: readonly string[];
};

const usd = (price: number | null | undefined): number | null => (typeof price === 'number' ? price / 1e6 : null);

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/**
 * Merges readings as the live table would at its first start.
 * @param at epoch ms; dated prices that begin later do not count, and age is reckoned from it
 */
export const mergeReadings = (
  readings: readonly NamedReading[],
  { canonicalise, at }: { readonly canonicalise: Canonicaliser; readonly at: number },
): readonly MergedRow[] => {
  const listings = listingsOf(readings, canonicalise);
  const market = peersOf(listings.values());
  const precedences = new Map(readings.map((reading) => [reading.name, reading.precedence]));
  const rows: MergedRow[] = [];
  for (const { offer, provider, identity, listed } of listings.values()) {
    const peers = market.get(identity.model);
    const quotations = listed.map(({ quotation }) => quotation);
    const found = consensusOf({ offer, provider, quotations, ...(peers ? { peers } : {}) }, at);
    if (!found.sheet) continue;
    const { lineages, sellerSpeaks } = found;
    const first = { accepted: undefined, candidate: found.sheet, lineages: lineages.length, sellerSpeaks, peers };
    const { sheet } = judge({ ...first, pending: undefined, at });
    const winner = sheet.sources[0]?.feed ?? '';
    const wire = listed.find(({ quotation }) => quotation.feed === winner) ?? listed[0];
    const { status, confidence } = aged(sheet, { model: identity.model, precedence: precedences.get(winner) ?? 1, at });
    rows.push({
      offer,
      provider,
      model: identity.model,
      wire_id: wire?.row.wireId ?? '',
      input_usd_per_mtok: usd(basePrice(sheet.rates, 'input')),
      output_usd_per_mtok: usd(basePrice(sheet.rates, 'output')),
      cached_input_usd_per_mtok: usd(basePrice(sheet.rates, 'cached_input')),
      // A merge of files of one week: how old they are stands in age_s, the finding in status.
      status: status === 'stale' ? sheet.status : status,
      confidence: Number(confidence.toFixed(3)),
      age_s: Math.max(0, Math.round((at - sheet.observedAt) / 1000)),
      sources: sheet.sources.map(({ feed, revision, observedAt }) => `${feed}@${revision} ${day(observedAt)}`),
      reasons: sheet.reasons,
    });
  }
  return rows;
};
