// A stretch of time as people write it in a query: since=7d, or from and to.
import { z } from 'zod';
import { RouterError } from '../core/errors.ts';
import type { Range } from '../core/ledger.ts';

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof UNITS_MS;

const isUnit = (text: string | undefined): text is Unit => text !== undefined && text in UNITS_MS;

const LONGEST_MS = 1100 * UNITS_MS.d;
const DEFAULT_SINCE = '7d';

export const periodQuery = z.strictObject({
  since: z
    .string()
    .regex(/^[1-9][0-9]{0,4}[mhdw]$/, 'must be a length of time such as 90m, 24h, 7d or 4w')
    .optional()
    .describe('The last 90m, 24h, 7d, 4w …; 7d where nothing is given'),
  from: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })])
    .optional()
    .describe('UTC date or date-time, included'),
  to: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })])
    .optional()
    .describe('UTC date or date-time, not included; now where it is not given'),
});

const lengthMs = (since: string): number => {
  const unit = since.at(-1);
  return isUnit(unit) ? Number(since.slice(0, -1)) * UNITS_MS[unit] : 0;
};

const refuse = (param: string, message: string): never => {
  throw new RouterError('invalid_request', message, { param });
};

/** @param now epoch ms */
export const rangeOf = ({ since, from, to }: z.infer<typeof periodQuery>, now: number): Range => {
  if (since !== undefined && from !== undefined) refuse('since', 'Give since or from, not both.');
  const end = to === undefined ? now : Date.parse(to);
  const start = from === undefined ? end - lengthMs(since ?? DEFAULT_SINCE) : Date.parse(from);
  if (start >= end) refuse('from', 'from must be before to.');
  if (end - start > LONGEST_MS) refuse('from', 'A report covers at most three years.');
  return { from: start, to: end };
};
