// The bundled, dated price list: read at the first start and whenever no feed can be reached. Compact on disk, typed in memory.
import { readFileSync } from 'node:fs';
import { type Capabilities, type ModelKey, modelKey, type OfferKey } from '../core/offer.ts';
import { picoUsdPerUnit } from '../core/money.ts';
import { METERS, type PriceSource, type PriceStatus, type Rate } from '../core/price.ts';
import { offerKeyOf } from './identity.ts';
import {
  COLUMNS,
  type ExtraLine,
  FileSchema,
  type PackedRow,
  type SnapshotFile,
  STATUSES,
  TIERS,
} from './snapshot-format.ts';

export type SnapshotRow = {
  readonly offer: OfferKey;
  readonly provider: string;
  readonly model: ModelKey;
  /** The id this provider knows the model by. */
  readonly wireId: string;
  readonly snapshot?: string;
  readonly variants: readonly string[];
  readonly rates: readonly Rate[];
  readonly context: number;
  readonly maxOutput?: number;
  readonly capabilities: Capabilities;
  readonly status: PriceStatus;
  readonly confidence: number;
  readonly sources: readonly PriceSource[];
  readonly observedAt: number;
  readonly effectiveFrom: number;
  readonly reasons: readonly string[];
};

export type SnapshotFeed = PriceSource & { readonly lineage: string; readonly precedence: number };

export type Snapshot = {
  readonly revision: string;
  readonly asOf: number;
  readonly feeds: readonly SnapshotFeed[];
  readonly rows: readonly SnapshotRow[];
};

const dateMs = (date: string): number => Date.parse(`${date}T00:00:00Z`);

const rateOf = ([meter, price, tier, op, tokens, start, end]: ExtraLine): Rate => {
  const service = TIERS[tier] ?? 'standard';
  const line = { meter: METERS[meter] ?? 'input', price: price === null ? null : picoUsdPerUnit(price) };
  const tiered = service === 'standard' ? line : { ...line, tier: service };
  if (op === 0 && start < 0) return tiered;
  const when = {
    ...(op > 0 ? { promptTokens: { op: op === 1 ? 'gt' : 'gte', tokens } as const } : {}),
    ...(start >= 0 ? { utcMinutes: { start, end } } : {}),
  };
  return { ...tiered, when };
};

const NOTHING: readonly string[] = [];

/** Indexed, not iterated: this runs four thousand times while a process starts. */
const ratesOf = (columns: PackedRow[4], extra: readonly Rate[]): readonly Rate[] => {
  const rates: Rate[] = [];
  for (let index = 0; index < columns.length; index += 1) {
    const meter = COLUMNS[index];
    const price = columns[index];
    if (meter === undefined || price === undefined || price === -1) continue;
    rates.push({ meter, price: price === null ? null : picoUsdPerUnit(price) });
  }
  return extra.length > 0 ? rates.concat(extra) : rates;
};

const ALL_CAPABILITIES: readonly Capabilities[] = Array.from({ length: 16 }, (_, bits) => ({
  tools: (bits & 1) > 0,
  vision: (bits & 2) > 0,
  json: (bits & 4) > 0,
  reasoning: (bits & 8) > 0,
}));
const NO_CAPABILITIES: Capabilities = { tools: false, vision: false, json: false, reasoning: false };

type Unpacking = {
  readonly models: readonly ModelKey[];
  readonly file: SnapshotFile;
  readonly feeds: readonly SnapshotFeed[];
  readonly lines: readonly (readonly Rate[])[];
  /** Rows share their lists of sources: there are few combinations. */
  readonly sources: Map<string, readonly PriceSource[]>;
};

const sourcesOf = (indices: readonly number[], { feeds, sources }: Unpacking): readonly PriceSource[] => {
  const key = indices.join();
  const known = sources.get(key) ?? indices.flatMap((index) => feeds[index] ?? []);
  sources.set(key, known);
  return known;
};

const PACKED_LENGTH = 14;
const packedOf = (row: unknown): PackedRow => {
  if (!Array.isArray(row) || row.length !== PACKED_LENGTH)
    throw new RangeError('a row of the price list has another shape');
  return row as unknown as PackedRow;
};

const unpack = (row: PackedRow, unpacking: Unpacking): SnapshotRow => {
  const provider = unpacking.file.providers[row[0]];
  const model = unpacking.models[row[1]];
  if (provider === undefined || model === undefined) throw new RangeError(`a row names nobody: ${row[3]}`);
  const parts = row[2] === '' ? NOTHING : row[2].split('+');
  const snapshot = parts[0] || undefined;
  const variants = parts.length > 1 ? parts.slice(1) : NOTHING;
  const sources = sourcesOf(row[11], unpacking);
  const observedAt = sources.reduce((latest, source) => Math.max(latest, source.observedAt), 0);
  return {
    offer: offerKeyOf(provider, { model, variants, ...(snapshot ? { snapshot } : {}) }),
    provider,
    model,
    ...(snapshot ? { snapshot } : {}),
    variants,
    wireId: row[3],
    rates: ratesOf(row[4], unpacking.lines[row[5] - 1] ?? []),
    context: row[6],
    ...(row[7] > 0 ? { maxOutput: row[7] } : {}),
    capabilities: ALL_CAPABILITIES[row[8]] ?? NO_CAPABILITIES,
    status: STATUSES[row[9]] ?? 'disputed',
    confidence: row[10] / 100,
    sources,
    observedAt,
    effectiveFrom: row[12] || observedAt,
    reasons: row[13],
  };
};

/** @throws when the text is not a price list of ours: without prices nothing may be routed, and that has to be heard at start */
export const parseSnapshot = (text: string): Snapshot => {
  const file = FileSchema.parse(JSON.parse(text));
  const feeds = file.feeds.map(({ observed, ...feed }) => ({ ...feed, observedAt: dateMs(observed) }));
  const lines = file.lines.map((extra) => extra.map(rateOf));
  const unpacking: Unpacking = { models: file.models.map(modelKey), file, feeds, lines, sources: new Map() };
  const rows = file.rows.map((row) => unpack(packedOf(row), unpacking));
  return { revision: file.revision, asOf: dateMs(file.asOf), feeds, rows };
};

/** @param path the bundled `pricing/prices.json` */
export const readSnapshot = (path: string | URL): Snapshot => parseSnapshot(readFileSync(path, 'utf8'));

/** The rows alone. */
export const loadSnapshot = (path: string | URL): readonly SnapshotRow[] => readSnapshot(path).rows;

const rankOf = (row: SnapshotRow): readonly number[] => [
  row.variants.length,
  row.snapshot ? 1 : 0,
  -(Number(row.snapshot ?? 0) || 0),
];

const isBefore = (a: SnapshotRow, b: SnapshotRow): boolean => {
  const other = rankOf(b);
  const differences = rankOf(a).map((value, index) => value - (other[index] ?? 0));
  return (differences.find((value) => value !== 0) ?? 0) < 0;
};

/** One row per provider and model: the plain id where it is sold, else the newest build with the fewest peculiarities. */
export const primaryRows = (rows: readonly SnapshotRow[]): readonly SnapshotRow[] => {
  const best = new Map<string, SnapshotRow>();
  for (const row of rows) {
    const key = `${row.provider} ${row.model}`;
    const known = best.get(key);
    if (!known || isBefore(row, known)) best.set(key, row);
  }
  return [...best.values()];
};
