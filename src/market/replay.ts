// A history of price changes sent through the quarantine: what would have been believed, held or thrown out, and until when.
import type { OfferKey } from '../core/offer.ts';
import { picoUsdPerUnit } from '../core/money.ts';
import type { PriceSheet, Rate } from '../core/price.ts';
import { picoOf, USD_PER_MILLION } from './feeds/decimal.ts';
import { impossible } from './plausibility.ts';
import { CONFIRM_AFTER_MS, judge, stepBetween, type Verdict } from './quarantine.ts';

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

/** As `bourse prices replay --json` prints it; the names are pinned. */
export type ReplayedEvent = {
  readonly date: string;
  readonly model: string;
  readonly provider: string;
  readonly verdict: Verdict;
  readonly released_at: string | null;
  readonly reason: string;
};
export type Replay = {
  readonly events: readonly ReplayedEvent[];
  readonly summary: { readonly [V in Verdict]: number };
};

const COLUMNS = ['date', 'model', 'provider', 'old_in_per_M', 'old_out', 'new_in_per_M', 'new_out'] as const;
/** Names other histories use for the same columns. */
const ALSO: Readonly<Record<string, (typeof COLUMNS)[number]>> = {
  new_in: 'new_in_per_M',
  old_in: 'old_in_per_M',
  old_out_per_M: 'old_out',
  new_out_per_M: 'new_out',
};
const MOST_EVENTS = 200_000;

/** One line of CSV; quotes may hold commas. */
const cellsOf = (line: string): readonly string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((match) =>
    (match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim(),
  );

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

/** @throws when a column is missing: a history in another order must not be read as if it were this one */
export const parseEvents = (csv: string): readonly PriceEvent[] => {
  const [head = '', ...lines] = csv.split(/\r?\n/).filter((line) => line.trim() !== '');
  const names = cellsOf(head).map((name) => ALSO[name] ?? name);
  const missing = COLUMNS.find((column) => !names.includes(column));
  if (missing) throw new TypeError(`events: there is no column ${missing}`);
  if (lines.length > MOST_EVENTS) throw new RangeError(`events: more than ${MOST_EVENTS}`);
  return lines.map((line) => {
    const cells = cellsOf(line);
    const cell = (column: (typeof COLUMNS)[number]) => cells[names.indexOf(column)] ?? '';
    const before = ratesOf(cell('old_in_per_M'), cell('old_out'));
    const after = ratesOf(cell('new_in_per_M'), cell('new_out'));
    return {
      date: cell('date'),
      model: cell('model'),
      provider: cell('provider'),
      before: before.rates,
      after: after.rates,
      ...(after.fault === undefined ? {} : { fault: after.fault }),
    };
  });
};

const sheetOf = (event: PriceEvent, rates: readonly Rate[], at: number): PriceSheet => ({
  offer: `${event.provider}:${event.model}` as OfferKey,
  revision: 'replay',
  rates,
  effectiveFrom: at,
  observedAt: at,
  status: 'single',
  confidence: 1,
  sources: [],
  reasons: [],
});

type Judged = Pick<ReplayedEvent, 'verdict' | 'reason'> & { readonly releasedAt: number | null };

/** @param next when the same offer changes again: a hold that would end later never ends */
const judgeEvent = (event: PriceEvent, at: number, next: number): Judged => {
  const { before, after, fault } = event;
  if (fault) return { verdict: 'rejected', reason: fault, releasedAt: null };
  if (!after)
    return { verdict: 'rejected', reason: 'the price is no longer stated; the last one stands', releasedAt: null };
  const absurd = impossible(after);
  if (absurd) return { verdict: 'rejected', reason: absurd, releasedAt: null };
  const accepted = before && sheetOf(event, before, at);
  const ruling = judge({ accepted, candidate: sheetOf(event, after, at), lineages: 1, pending: undefined, at });
  if (ruling.verdict !== 'held')
    return { verdict: ruling.verdict, reason: ruling.reason, releasedAt: ruling.verdict === 'applied' ? at : null };
  const waits = before && stepBetween(before, after).kind !== 'huge';
  const release = at + CONFIRM_AFTER_MS;
  return { verdict: 'held', reason: ruling.reason, releasedAt: waits && release <= next ? release : null };
};

const isoOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/**
 * Replays a history from one source alone: each event is judged against the price the history says stood before it, as if that had been
 * believed. `released_at` is when it would have been charged with at the latest, given that the feed is read at least twice a day.
 */
export const replayEvents = (events: readonly PriceEvent[]): Replay => {
  const nextOf = new Map<string, number>();
  const summary = { applied: 0, held: 0, rejected: 0 };
  const replayed = events.toReversed().map((event): ReplayedEvent => {
    const key = `${event.provider} ${event.model}`;
    const at = Date.parse(event.date);
    const known = Number.isFinite(at);
    const judged: Judged = known
      ? judgeEvent(event, at, nextOf.get(key) ?? Number.POSITIVE_INFINITY)
      : { verdict: 'rejected', reason: 'the date cannot be read', releasedAt: null };
    if (known) nextOf.set(key, at);
    summary[judged.verdict] += 1;
    const { date, model, provider } = event;
    return {
      date,
      model,
      provider,
      verdict: judged.verdict,
      released_at: isoOf(judged.releasedAt),
      reason: judged.reason,
    };
  });
  return { events: replayed.toReversed(), summary };
};
