// The shape every feed comes down to, and how a bad row is left out without losing the file.
import type { FeedRow, FeedSpeed } from '../../core/ports.ts';
import { oddCliff, withoutOddLines } from './proportions.ts';
import { type Lines, unusable } from './rates.ts';

export type Parsed = {
  readonly rows: readonly FeedRow[];
  readonly skipped: readonly string[];
  /** From feeds that measure. */
  readonly speeds?: readonly FeedSpeed[];
};

export type FeedSpec = {
  readonly name: string;
  readonly url: string;
  /** Feeds that copy from one another share a lineage and count once. */
  readonly lineage: string;
  /** Lower comes first when sources differ: 0 the seller's own, 1 curated, 2 aggregator. */
  readonly precedence: number;
  readonly unit: string;
  /** What null, absent and zero mean in this feed. */
  readonly silence: string;
  readonly licence: string;
};

/** A file that fails everywhere must not fill the memory with reasons. */
const MOST_REASONS = 5000;
export const MOST_ROWS = 50_000;

export type Collector = {
  row(row: Omit<FeedRow, 'sheet'>, lines: Lines, zeroMeansFree: boolean): void;
  skip(id: string, reason: string): void;
  result(): Parsed;
};

/** Gathers rows; what cannot be used is named with its reason. */
export const createCollector = (): Collector => {
  const rows: FeedRow[] = [];
  const skipped: string[] = [];
  const skip = (id: string, reason: string): void => {
    if (skipped.length < MOST_REASONS) skipped.push(`${id.slice(0, 120)}: ${reason}`);
  };
  return {
    skip,
    row: (row, stated, zeroMeansFree) => {
      const id = `${row.provider}:${row.wireId}`;
      const lines = withoutOddLines(stated);
      const reason = rows.length >= MOST_ROWS ? 'too many rows' : (unusable(lines, zeroMeansFree) ?? oddCliff(lines));
      if (reason) return skip(id, reason);
      rows.push({ ...row, sheet: { rates: lines.rates } });
      for (const fault of lines.faults) skip(id, `${fault}; the line is left out`);
    },
    result: () => ({ rows, skipped }),
  };
};

/** JSON text, or what it already holds. Throws on text that is not JSON: the caller keeps its last good reading. */
export const jsonOf = (input: unknown): unknown => (typeof input === 'string' ? JSON.parse(input) : input);

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A token count that makes sense, or nothing. */
export const tokenCount = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;

/** Adds only what is known, so that exact optional properties stay absent. */
export const known = <T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
