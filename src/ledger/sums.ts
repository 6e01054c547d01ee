// How a row tells whether it is what was written: a checksum over its columns, kept beside them.
import { crc32 } from 'node:zlib';
import type { Tables } from './schema.ts';

type Summed = 'decisions' | 'dispatches' | 'outcomes' | 'attempts' | 'feedback' | 'price_changes';
type Columns = { readonly [Table in Summed]: readonly (keyof Tables[Table] & string)[] };

/** In this order. What the database numbers itself (`seq`, `writer`) is not in it. Columns of later versions are never added to a sum that exists. */
const COLUMNS: Columns = {
  decisions: [
    ...([
      'request_id',
      'at',
      'policy',
      'caller',
      'task',
      'band',
      'reason',
      'half_life_ms',
      'offer',
      'baseline',
    ] as const),
    ...(['features', 'body'] as const),
  ],
  dispatches: ['request_id', 'attempt', 'at', 'offer', 'reserved'],
  outcomes: [
    ...(['request_id', 'recovered', 'at', 'status', 'offer', 'provider', 'model', 'cost', 'baseline_cost'] as const),
    ...(['output_tokens', 'body'] as const),
  ],
  attempts: [
    ...(['request_id', 'attempt', 'recovered', 'at', 'offer', 'provider', 'model', 'result', 'cost'] as const),
    ...(['cost_status', 'billed', 'computed', 'body'] as const),
  ],
  feedback: ['request_id', 'source', 'score', 'at', 'body', 'telling'],
  price_changes: ['offer', 'verdict', 'observed_at', 'effective_from', 'revision', 'body'],
};

type Values = Readonly<Record<string, string | number | bigint | null | undefined>>;

/** CRC-32 of the columns' texts. A whole number is the same text whether it is a number or a bigint; null is the empty one. */
export const sumOf = (table: Summed, row: Values): number =>
  crc32(COLUMNS[table].map((column) => row[column]).join('\u001f'));

export const withSum = <Row extends Values>(table: Summed, row: Row): Row & { readonly sum: number } => ({
  ...row,
  sum: sumOf(table, row),
});

/** True as well of a row from before rows had sums. */
export const isAsWritten = (table: Summed, row: Values & { readonly sum: bigint | null }): boolean =>
  row.sum === null || Number(row.sum) === sumOf(table, row);
