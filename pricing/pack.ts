// Writes merged offers in the compact form of the bundled price list.
import type { FeedRow } from '../src/core/ports.ts';
import { METERS, type PriceSheet, type Rate } from '../src/core/price.ts';
import type { Listing, NamedReading } from '../src/market/listings.ts';
import {
  CAPABILITIES,
  COLUMNS,
  type ExtraLine,
  type PackedRow,
  type SnapshotFile,
  STATUSES,
  TIERS,
} from '../src/market/snapshot-format.ts';

export type Merged = { readonly listing: Listing; readonly sheet: PriceSheet; readonly lineages: number };

/** Where no feed and no other seller says how much a model reads: what every chat model of the last years can. */
const LEAST_CONTEXT = 8192;

/** Rows of an offer in the order in which they are believed about what the model can do. */
const rowsOf = ({ listed }: Listing): readonly FeedRow[] =>
  listed.toSorted((a, b) => a.quotation.precedence - b.quotation.precedence).map(({ row }) => row);

const firstKnown = <K extends keyof FeedRow>(rows: readonly FeedRow[], key: K): FeedRow[K] | undefined =>
  rows.find((row) => row[key] !== undefined)?.[key];

/** The id to call it by: whoever is nearest to the seller knows it best, and genai-prices shortens ids. */
const wireIdOf = ({ listed }: Listing): string => {
  const order = ['openrouter', 'models.dev', 'litellm', 'genai-prices'];
  const ranked = listed.toSorted((a, b) => order.indexOf(a.quotation.feed) - order.indexOf(b.quotation.feed));
  return ranked[0]?.row.wireId ?? '';
};

const extraOf = ({ meter, price, tier, when }: Rate): ExtraLine => {
  const cliff = when?.promptTokens;
  const window = when?.utcMinutes;
  return [
    METERS.indexOf(meter),
    price,
    TIERS.indexOf(tier ?? 'standard'),
    cliff ? (cliff.op === 'gt' ? 1 : 2) : 0,
    cliff?.tokens ?? 0,
    window?.start ?? -1,
    window?.end ?? -1,
  ];
};

/** Numbers names and lists in the order they are first met, so that a row can say them in a digit or two. */
const createTable = <T>() => {
  const items: T[] = [];
  const known = new Map<string, number>();
  const indexOf = (item: T): number => {
    const text = JSON.stringify(item);
    const index = known.get(text) ?? items.push(item) - 1;
    known.set(text, index);
    return index;
  };
  return { items, indexOf };
};

const columnsOf = (rates: readonly Rate[]): (number | null)[] => {
  const plain = (meter: string) => rates.findLast((rate) => rate.meter === meter && !rate.tier && !rate.when)?.price;
  const columns: (number | null)[] = COLUMNS.map((meter) => plain(meter) ?? (plain(meter) === null ? null : -1));
  while (columns.at(-1) === -1) columns.pop();
  return columns;
};

const isColumn = (rate: Rate): boolean => !rate.tier && !rate.when && COLUMNS.some((meter) => meter === rate.meter);

const capabilityBits = (rows: readonly FeedRow[]): number =>
  CAPABILITIES.reduce((bits, name, index) => bits | (firstKnown(rows, name) === true ? 1 << index : 0), 0);

const smallestContexts = (merged: readonly Merged[]): ReadonlyMap<string, number> => {
  const contexts = new Map<string, number>();
  for (const { listing } of merged)
    for (const { row } of listing.listed)
      if (row.context !== undefined)
        contexts.set(listing.identity.model, Math.min(row.context, contexts.get(listing.identity.model) ?? Infinity));
  return contexts;
};

export const packSnapshot = (
  merged: readonly Merged[],
  readings: readonly NamedReading[],
  at: number,
): SnapshotFile => {
  const providers = createTable<string>();
  const models = createTable<string>();
  const lines = createTable<ExtraLine[]>();
  const contexts = smallestContexts(merged);
  const feeds = readings.map((reading) => reading.name);
  const rows = merged.map(({ listing, sheet, lineages }): PackedRow => {
    const { identity, provider } = listing;
    const described = rowsOf(listing);
    const extra = sheet.rates.filter((rate) => !isColumn(rate)).map(extraOf);
    const speaking = sheet.status === 'disputed' ? sheet.sources : sheet.sources.slice(0, lineages);
    return [
      providers.indexOf(provider),
      models.indexOf(identity.model),
      [identity.snapshot ?? '', ...identity.variants].join('+'),
      wireIdOf(listing),
      columnsOf(sheet.rates),
      extra.length > 0 ? lines.indexOf(extra) + 1 : 0,
      firstKnown(described, 'context') ?? contexts.get(identity.model) ?? LEAST_CONTEXT,
      firstKnown(described, 'maxOutput') ?? 0,
      capabilityBits(described),
      STATUSES.indexOf(sheet.status),
      Math.round(sheet.confidence * 100),
      speaking.map((source) => feeds.indexOf(source.feed)),
      sheet.effectiveFrom === sheet.observedAt ? 0 : sheet.effectiveFrom,
      sheet.reasons,
    ];
  });
  return {
    version: 1,
    about: 'Prices are facts. Built by pricing/build-snapshot.ts from the feeds named below; docs/prices.md says how.',
    revision: `bundled-${new Date(at).toISOString().slice(0, 10)}`,
    asOf: new Date(at).toISOString().slice(0, 10),
    feeds: readings.map(({ name, lineage, precedence, revision, observedAt }) => ({
      feed: name,
      lineage,
      precedence,
      revision,
      observed: new Date(observedAt).toISOString().slice(0, 10),
    })),
    providers: providers.items,
    models: models.items,
    lines: lines.items,
    rows,
  };
};

/** One row a line: a change of one price is a change of one line. */
export const snapshotText = ({ rows, lines, ...head }: SnapshotFile): string => {
  const listed = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).join(',\n');
  const start = JSON.stringify(head).slice(0, -1);
  return `${start},\n"lines":[\n${listed(lines)}\n],\n"rows":[\n${listed(rows)}\n]}\n`;
};
