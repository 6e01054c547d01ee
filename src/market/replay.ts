// A history of price changes sent through the quarantine: what would have been believed, held or thrown out, and until when.
import type { OfferKey } from '../core/offer.ts';
import type { PriceSheet, Rate } from '../core/price.ts';
import { impossible } from './plausibility.ts';
import type { PriceEvent } from './price-events.ts';
import { CONFIRM_AFTER_MS, judge, type Ruling, type Verdict } from './quarantine.ts';
import { sameMainPrices } from './rates.ts';
import { stepBetween } from './steps.ts';

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

/** Who is asked to decide has done so by then; what the history goes on from is what was decided. */
const DECIDED_AFTER_MS = 7 * 24 * 3600 * 1000;

/** What was seen and not believed: it waits, or it was thrown out. */
type Doubted = { readonly rates: readonly Rate[]; readonly kind: 'held' | 'rejected'; readonly since: number };

/** One offer on its way through the history. */
type Course = {
  readonly accepted?: PriceSheet;
  readonly recent: readonly PriceSheet[];
  readonly doubted?: Doubted & { readonly releaseAt: number | null };
};

type Judged = Pick<ReplayedEvent, 'verdict' | 'reason'> & { readonly releasedAt: number | null };
type Step = { readonly judged: Judged; readonly course: Course };

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

const believing = (sheet: PriceSheet): Course => ({ accepted: sheet, recent: [sheet] });

/** Where the offer stands when the event comes: a hold that has run out is over, and a history with gaps is followed. */
const standingAt = (course: Course, event: PriceEvent, at: number): Course => {
  const { doubted } = course;
  if (doubted?.releaseAt && doubted.releaseAt <= at) return believing(sheetOf(event, doubted.rates, doubted.releaseAt));
  const { before, after } = event;
  // What is charged already is no change, whatever the line says of the price before: it stands twice.
  if (course.accepted && after && sameMainPrices(after, course.accepted.rates)) return course;
  if (!before || (doubted && sameMainPrices(before, doubted.rates))) return course;
  if (course.accepted && sameMainPrices(before, course.accepted.rates)) return course;
  return believing(sheetOf(event, before, at));
};

const isNear = (ruling: Ruling): boolean => ruling.verdict === 'applied';

/** The price before was one we had not believed: a return to what we had is no step, and a doubt does not last for ever. */
const ruleOn = (course: Course, event: PriceEvent, candidate: PriceSheet): Ruling => {
  const { accepted, recent, doubted } = course;
  const at = candidate.observedAt;
  const against = (sheet: PriceSheet | undefined, others: readonly PriceSheet[]) =>
    judge({ accepted: sheet, candidate, lineages: 1, pending: undefined, recent: others, at });
  const ruling = against(accepted, recent);
  const { before } = event;
  if (!doubted || !before || !sameMainPrices(before, doubted.rates) || isNear(ruling)) return ruling;
  const stated = () => against(sheetOf(event, before, at), []);
  if (ruling.verdict === 'rejected') return stated();
  const isOpen = doubted.kind === 'held';
  if (isOpen && at - doubted.since >= DECIDED_AFTER_MS) return stated();
  return isOpen && stepBetween(before, candidate.rates).kind === 'unit_error' ? stated() : ruling;
};

/** @param next when the same offer changes to something else: a hold that would end later never ends */
const advance = (course: Course, event: PriceEvent, { at, next }: { at: number; next: number }): Step => {
  const standing = standingAt(course, event, at);
  const { after, fault } = event;
  const reject = (reason: string): Step => ({
    judged: { verdict: 'rejected', reason, releasedAt: null },
    course: after ? { ...standing, doubted: { rates: after, kind: 'rejected', since: at, releaseAt: null } } : standing,
  });
  if (fault) return reject(fault);
  if (!after) return reject('the price is no longer stated; the last one stands');
  const absurd = impossible(after);
  if (absurd) return reject(absurd);
  const candidate = sheetOf(event, after, at);
  const { verdict, reason, pending } = ruleOn(standing, event, candidate);
  if (verdict === 'rejected') return reject(reason);
  if (verdict === 'applied') {
    const recent = [...standing.recent, candidate].filter((sheet) => at - sheet.observedAt <= DECIDED_AFTER_MS);
    return { judged: { verdict, reason, releasedAt: at }, course: { accepted: candidate, recent } };
  }
  const known = standing.doubted && sameMainPrices(standing.doubted.rates, after) ? standing.doubted : undefined;
  const since = known?.kind === 'held' ? known.since : at;
  const releaseAt = pending?.byTime && since + CONFIRM_AFTER_MS <= next ? since + CONFIRM_AFTER_MS : null;
  return {
    judged: { verdict, reason, releasedAt: releaseAt },
    course: { ...standing, doubted: { rates: after, kind: 'held', since, releaseAt } },
  };
};

const sameAfter = (a: PriceEvent, b: PriceEvent): boolean =>
  a.after !== undefined && b.after !== undefined && sameMainPrices(a.after, b.after);

type Dated = { readonly event: PriceEvent; readonly at: number; readonly place: number };

/** When each event is overtaken: the next one that says something else. */
const overtakenAt = (events: readonly Dated[]): readonly number[] => {
  const next: number[] = [];
  let until = Number.POSITIVE_INFINITY;
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const [one, other] = [events[index], events[index + 1]];
    if (one && other && !sameAfter(one.event, other.event)) until = other.at;
    next[index] = until;
  }
  return next;
};

/** The events of one offer in order of time, each with its verdict at its place in the file. */
const replayOffer = (events: readonly Dated[], verdicts: Judged[]): void => {
  let course: Course = { recent: [] };
  const overtaken = overtakenAt(events);
  for (const [index, { event, at, place }] of events.entries()) {
    const step = advance(course, event, { at, next: overtaken[index] ?? Number.POSITIVE_INFINITY });
    course = step.course;
    verdicts[place] = step.judged;
  }
};

const isoOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/**
 * Replays a history from one source alone. What the history starts from is taken as believed; from there on each change is judged against
 * what the quarantine let through, so that an error is thrown out and its correction is no change. `released_at` is when it would have been
 * charged with at the latest, given that the feed is read at least twice a day. Lines may come in any order; the output keeps the file's.
 */
export const replayEvents = (events: readonly PriceEvent[]): Replay => {
  const courses = new Map<string, Dated[]>();
  const verdicts: Judged[] = [];
  for (const [place, event] of events.entries()) {
    const at = Date.parse(event.date);
    if (!Number.isFinite(at)) {
      verdicts[place] = { verdict: 'rejected', reason: event.fault ?? 'the date cannot be read', releasedAt: null };
      continue;
    }
    const key = `${event.provider} ${event.model}`;
    const course = courses.get(key) ?? [];
    course.push({ event, at, place });
    courses.set(key, course);
  }
  for (const course of courses.values())
    replayOffer(
      course.toSorted((a, b) => a.at - b.at || a.place - b.place),
      verdicts,
    );
  const summary = { applied: 0, held: 0, rejected: 0 };
  const replayed = events.flatMap(({ date, model, provider }, place): readonly ReplayedEvent[] => {
    const judged = verdicts[place];
    if (!judged) return [];
    summary[judged.verdict] += 1;
    const { verdict, reason, releasedAt } = judged;
    return [{ date, model, provider, verdict, released_at: isoOf(releasedAt), reason }];
  });
  return { events: replayed, summary };
};
