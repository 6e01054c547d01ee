// What must be true after a kill: everybody who was promised something has it on record, and every call is on the books at what it can have cost.
import type { RequestView } from '../../src/core/ledger.ts';
import type { Attempt } from '../../src/core/outcome.ts';
import { judgeCalls } from '../faults/invariants-bill.ts';
import type { BilledCall } from '../faults/stand.ts';
import { type Asked, isAnswered } from './load.ts';

export type Aftermath = {
  readonly asked: readonly Asked[];
  /** Of this life of the router alone, with what its successor made of them. */
  readonly views: readonly RequestView[];
  readonly calls: readonly BilledCall[];
  /** What the successor said at its start; undefined where another was killed in between. */
  readonly said: string | undefined;
  /** As `heard.endedAt`. */
  readonly killedAt: number;
};

export type Figures = {
  readonly requests: number;
  readonly answered: number;
  /** Calls that were cut off, or whose end had not reached the disk. */
  readonly flagged: number;
  /** Answered in full, and flagged all the same: exactness that was lost. */
  readonly blurred: number;
  /** Of those the one that had been over for the longest when the kill came, ms. */
  readonly blurredMs: number;
  readonly judged: number;
};

/** By this the client, the ledger and the seller mean the same request. */
const numberOf = ({ decision }: RequestView): number => decision.profile.maxOutputTokens ?? 0;

/** Settled by a successor: an answer that broke on its own has a cause. */
const isCut = ({ result, cause }: Attempt): boolean => result === 'interrupted' && cause === undefined;
const wasCut = ({ outcome }: RequestView): boolean => outcome?.attempts.some(isCut) ?? false;

/** Longest that the end of an answered request may be on its way to the disk: generous, the machine may be busy. */
const LONGEST_BLUR_MS = 1_000;

const judgeAsked = (asked: Asked, views: readonly RequestView[], killedAt: number): readonly string[] => {
  const { number, heard } = asked;
  const { 'x-bourse-request-id': id, 'x-bourse-attempts': attempts = '0' } = heard.headers;
  const wasPromised = heard.status === 200 || Number(attempts) > 0;
  const [view] = views;
  if (views.length > 1) return [`request ${number} is on record ${views.length} times`];
  if (!view) return wasPromised ? [`request ${number} was answered (${heard.status}) and is not on record`] : [];
  const blurMs = killedAt - (heard.endedAt ?? killedAt);
  const feedback = view.feedback.filter(({ source }) => source === 'user');
  return [
    ...(wasPromised && id !== view.decision.requestId ? [`request ${number} was told another id than its own`] : []),
    ...(isAnswered(asked) && view.outcome?.status !== 'ok' && !wasCut(view)
      ? [`request ${number} was answered in full, the ledger says ${view.outcome?.status}`]
      : []),
    ...(isAnswered(asked) && wasCut(view) && blurMs > LONGEST_BLUR_MS
      ? [`request ${number} had been answered for ${Math.round(blurMs)} ms and its end was not on disk`]
      : []),
    ...(asked.judged !== undefined && feedback[0]?.score !== asked.judged
      ? [`request ${number} was judged ${asked.judged}, the ledger says ${feedback[0]?.score}`]
      : []),
    ...(feedback.length > 1 ? [`request ${number} is judged ${feedback.length} times by one source`] : []),
  ];
};

const judgeView = (view: RequestView, calls: readonly BilledCall[]): readonly string[] => {
  const { outcome, dispatches } = view;
  const name = numberOf(view);
  if (!outcome) return [`request ${name} has no outcome after the restart`];
  const unsettled = dispatches.filter((note) => !outcome.attempts.some(({ attempt }) => attempt === note.attempt));
  const unbounded = outcome.attempts.filter((attempt) => {
    const note = dispatches.find((each) => each.attempt === attempt.attempt);
    return (
      isCut(attempt) && (attempt.costStatus !== 'ambiguous' || attempt.cost <= 0 || attempt.cost !== note?.reserved)
    );
  });
  return [
    ...unsettled.map(({ attempt }) => `attempt ${attempt} of request ${name} was sent and is not settled`),
    ...unbounded.map(({ attempt }) => `attempt ${attempt} of request ${name} was cut off and has no bound`),
    ...judgeCalls(view, calls).map(({ what }) => `request ${name}: ${what}`),
  ];
};

const judgeStart = (said: string | undefined, cut: readonly RequestView[]): readonly string[] => {
  if (said === undefined) return [];
  const calls = cut.reduce((sum, { outcome }) => sum + (outcome?.attempts.filter(isCut).length ?? 0), 0);
  const [, requests = '0', ambiguous = '0'] = /hard: (\d+) requests were cut off; (\d+) calls/.exec(said) ?? [];
  return Number(requests) === cut.length && Number(ambiguous) === calls
    ? []
    : [`it says ${requests} requests and ${ambiguous} calls were cut off, the ledger ${cut.length} and ${calls}`];
};

const figuresOf = ({ asked, killedAt }: Aftermath, cut: readonly RequestView[]): Figures => {
  const numbers = new Set(cut.map(numberOf));
  const answered = asked.filter(isAnswered);
  const blurred = answered.filter(({ number }) => numbers.has(number));
  return {
    requests: asked.length,
    answered: answered.length,
    flagged: cut.reduce((sum, { outcome }) => sum + (outcome?.attempts.filter(isCut).length ?? 0), 0),
    blurred: blurred.length,
    blurredMs: Math.max(0, ...blurred.map(({ heard }) => killedAt - (heard.endedAt ?? killedAt))),
    judged: asked.filter(({ judged }) => judged !== undefined).length,
  };
};

export const judgeKill = (after: Aftermath): { readonly findings: readonly string[]; readonly figures: Figures } => {
  const { asked, views, calls, said, killedAt } = after;
  const viewsBy = Map.groupBy(views, numberOf);
  const callsBy = Map.groupBy(calls, ({ maxTokens }) => maxTokens);
  const cut = views.filter(wasCut);
  return {
    findings: [
      ...asked.flatMap((each) => judgeAsked(each, viewsBy.get(each.number) ?? [], killedAt)),
      ...views.flatMap((view) => judgeView(view, callsBy.get(numberOf(view)) ?? [])),
      ...[...callsBy].flatMap(([number, all]) =>
        viewsBy.has(number) ? [] : [`${all[0]?.seller} was called for request ${number}, which is not on record`],
      ),
      ...judgeStart(said, cut),
    ],
    figures: figuresOf(after, cut),
  };
};
