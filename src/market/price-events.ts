// A history of price changes as people keep it: CSV with named columns, quotes, a byte-order mark, whatever line ends.
import { picoUsdPerUnit } from '../core/money.ts';
import type { Rate } from '../core/price.ts';
import { csvLines } from './csv.ts';
import { picoOf, USD_PER_MILLION } from './feeds/decimal.ts';

export type PriceEvent = {
  readonly date: string;
  readonly model: string;
  readonly provider: string;
  /** Undefined where the history has no price: the model was new, or its price unknown. */
  readonly before: readonly Rate[] | undefined;
  readonly after: readonly Rate[] | undefined;
  /** What stands in the file cannot be read as a price. */
  readonly fault?: string;
};

const COLUMNS = ['date', 'model', 'provider', 'old_in_per_M', 'old_out', 'new_in_per_M', 'new_out'] as const;
type Column = (typeof COLUMNS)[number];
/** Names other histories use for the same columns. */
const ALSO: Readonly<Record<string, Column>> = {
  new_in: 'new_in_per_M',
  old_in: 'old_in_per_M',
  old_out_per_M: 'old_out',
  new_out_per_M: 'new_out',
};
const MOST_EVENTS = 200_000;

type Read = { readonly rates?: readonly Rate[]; readonly fault?: string };

const ratesOf = (input: string, output: string): Read => {
  if (input === '' && output === '') return {};
  const rates: Rate[] = [];
  for (const [meter, text] of [
    ['input', input],
    ['output', output],
  ] as const) {
    if (text === '') continue;
    const pico = picoOf(text, USD_PER_MILLION);
    if (pico === undefined || pico < 0) return { fault: `${meter} ${text.slice(0, 30)} is not a price` };
    rates.push({ meter, price: picoUsdPerUnit(pico) });
  }
  return { rates };
};

/**
 * @param file how errors name the history
 * @throws `file:line` when a column is missing or the text is no CSV: a history in another order must not be read as if it were this one.
 * A line that cannot be read by itself is an event with a fault.
 */
export const parseEvents = (csv: string, file = 'events'): readonly PriceEvent[] => {
  const [head, ...lines] = csvLines(csv, { file, most: MOST_EVENTS + 1 });
  const names = (head?.cells ?? []).map((name) => ALSO[name] ?? name);
  const missing = COLUMNS.find((column) => !names.includes(column));
  if (missing) throw new TypeError(`${file}:${head?.number ?? 1}: there is no column ${missing}`);
  const places = new Map(COLUMNS.map((column) => [column, names.indexOf(column)]));
  return lines.map(({ cells, number }) => {
    const cell = (column: Column) => cells[places.get(column) ?? -1] ?? '';
    const before = ratesOf(cell('old_in_per_M'), cell('old_out'));
    const after = ratesOf(cell('new_in_per_M'), cell('new_out'));
    const odd = cells.length === names.length ? undefined : `${cells.length} cells under ${names.length} columns`;
    const fault = odd ?? after.fault;
    return {
      date: cell('date'),
      model: cell('model'),
      provider: cell('provider'),
      before: before.rates,
      after: after.rates,
      ...(fault === undefined ? {} : { fault: `${file}:${number}: ${fault}` }),
    };
  });
};
