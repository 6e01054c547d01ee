// How the bundled price list is written on disk: tables of names, and one short row an offer.
import { z } from 'zod';
import type { Capabilities } from '../core/offer.ts';
import type { PriceStatus, ServiceTier } from '../core/price.ts';

export const TIERS: readonly ServiceTier[] = ['standard', 'batch', 'flex', 'priority'];
export const STATUSES: readonly PriceStatus[] = ['verified', 'single', 'disputed'];
export const CAPABILITIES = ['tools', 'vision', 'json', 'reasoning'] as const satisfies readonly (keyof Capabilities)[];
/** The meters that stand in columns of their own; every other line is in the table of extra lines. */
export const COLUMNS = ['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h'] as const;

/** meter, price, tier, then cliff (1 gt, 2 gte; tokens) and window (start, end), each 0 0 or -1 -1 when there is none. */
export type ExtraLine = readonly [
  meter: number,
  price: number | null,
  tier: number,
  op: number,
  tokens: number,
  start: number,
  end: number,
];
const isExtraLines = (value: unknown): value is readonly ExtraLine[] =>
  Array.isArray(value) && value.every((line) => Array.isArray(line) && line.length === 7);

const MOST_ROWS = 50_000;
const isRows = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length <= MOST_ROWS;
const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

/**
 * Only the frame is checked when the file is read: it is ours, and a test checks every row of it. The long lists are looked through by hand,
 * since every start waits for them.
 */
export const FileSchema = z.strictObject({
  version: z.literal(1),
  about: z.string(),
  revision: z.string(),
  asOf: z.iso.date(),
  feeds: z.array(
    z.strictObject({
      feed: z.string(),
      lineage: z.string(),
      precedence: z.int(),
      revision: z.string(),
      observed: z.iso.date(),
    }),
  ),
  providers: z.custom<readonly string[]>(isNames),
  models: z.custom<readonly string[]>(isNames),
  lines: z.array(z.custom<readonly ExtraLine[]>(isExtraLines)),
  rows: z.custom<readonly unknown[]>(isRows),
});
export type SnapshotFile = z.infer<typeof FileSchema>;

/**
 * provider, model, suffix (snapshot, then variants after `+`), wire id, five column prices (-1 silent, null unknown), index of extra
 * lines + 1, context, max output (0 unknown), capability bits, status, confidence in percent, indices of its sources, effective from
 * (0: as observed), reasons.
 */
export type PackedRow = readonly [
  provider: number,
  model: number,
  suffix: string,
  wireId: string,
  columns: readonly (number | null)[],
  lines: number,
  context: number,
  maxOutput: number,
  capabilities: number,
  status: number,
  confidence: number,
  sources: readonly number[],
  effectiveFrom: number,
  reasons: readonly string[],
];
