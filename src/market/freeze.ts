// Whether a whole reading of a feed is too different from the last one to be believed: an import gone wrong, a truncated file.
import { median } from 'simple-statistics';
import type { FeedRow } from '../core/ports.ts';
import { basePrice } from './rates.ts';

/** Below this many rows a share says nothing; each row still goes through the quarantine. */
const LEAST_ROWS = 20;
const MOST_JUMPS = 0.05;
const JUMP = 2;
const MOST_SHRINK = 0.3;
const MOST_MEDIAN_SHIFT = 0.1;

const blended = (row: FeedRow): number =>
  (3 * (basePrice(row.sheet.rates, 'input') ?? 0) + (basePrice(row.sheet.rates, 'output') ?? 0)) / 4;

const keyOf = (row: FeedRow): string => `${row.provider} ${row.wireId} ${row.effectiveFrom ?? ''}`;

/** Why the next reading is frozen and the last good one kept, or undefined. */
export const freezeReason = (last: readonly FeedRow[], next: readonly FeedRow[]): string | undefined => {
  if (next.length === 0) return 'the feed is empty';
  if (last.length < LEAST_ROWS) return undefined;
  if (next.length < last.length * (1 - MOST_SHRINK)) return `shrank from ${last.length} to ${next.length} rows`;
  const before = new Map(last.map((row) => [keyOf(row), blended(row)]));
  const pairs = next.flatMap((row) => {
    const old = before.get(keyOf(row));
    const now = blended(row);
    return old !== undefined && old > 0 && now > 0 ? [{ old, now }] : [];
  });
  if (pairs.length < LEAST_ROWS) return `only ${pairs.length} of ${last.length} rows are still there`;
  const jumps = pairs.filter(({ old, now }) => Math.max(old, now) / Math.min(old, now) >= JUMP).length;
  if (jumps > pairs.length * MOST_JUMPS) return `${jumps} of ${pairs.length} prices changed ${JUMP}× at once`;
  const shift = median(pairs.map(({ now }) => now)) / median(pairs.map(({ old }) => old)) - 1;
  return Math.abs(shift) > MOST_MEDIAN_SHIFT ? `the median price moved by ${Math.round(shift * 100)} %` : undefined;
};
