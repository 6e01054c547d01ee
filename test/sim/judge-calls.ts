// What is held against the calls of one request once it is over: how many, to whom, when, and what came after which answer.
import type { Offer } from '../../src/core/offer.ts';
import type { Case, Evidence, SellerCall } from './evidence.ts';
import { offerOf, policyOf } from './offers.ts';

/** A client that leaves lets go of its seller within this. */
const LET_GO_MS = 100;
/** No further call starts with less than this left. */
const LEAST_LEFT_MS = 2_000;
/** What the wire to the store and the ledger may take before the time of a request begins to count. */
const SLACK_MS = 150;
/** The longest that a request waits for an offer to come back. */
const WAIT_MS = 3_000;

const CALLERS_OWN = new Set(['picky', 'refused']);

/** Ms a request may take in all: the policy's, or the client's own. */
export const limitOf = ({ decision, ask, plan }: Case): number => {
  const limits = decision?.plan.limits ?? policyOf(plan.policy).plan.limits;
  const { deadlineMs, streamDeadlineMs = deadlineMs } = limits;
  return Math.min(ask.request.stream ? streamDeadlineMs : deadlineMs, ask.deadlineMs ?? Infinity);
};

const isContext = ({ cause }: SellerCall): boolean => cause?.code === 'context_length_exceeded';

const mayFollow = (failed: SellerCall, next: Offer, onRefusal: string): boolean => {
  if (isContext(failed)) return next.context > offerOf(failed.offer).context;
  if (failed.act === 'refused') return onRefusal === 'next';
  return !CALLERS_OWN.has(failed.act);
};

const judgeNumber = ({ plan: { n }, calls, decision, unsent }: Case, { check }: Evidence): void => {
  const most = decision?.plan.fallback.attempts ?? 0;
  check('attempts', calls.length + unsent <= most, n, () => `${calls.length} calls, the policy allows ${most}`);
  const perOffer = Map.groupBy(calls, ({ offer }) => offer);
  const isTwice = [...perOffer.values()].every((some) => some.length <= 2);
  check('twice-at-most', isTwice, n, () => `one offer was called more than twice`);
  const ladder = decision?.ladder.map(({ quote }) => quote.offer.key) ?? [];
  const stranger = calls.find(({ offer }) => !ladder.includes(offer));
  check('ladder-kept', stranger === undefined, n, () => `${stranger?.offer} is not on the ladder`);
};

const judgeTimes = (entry: Case, { check, scenario }: Evidence): void => {
  const { plan, calls, goneMs, decidedMs = 0, startMs, endMs = Infinity, pausedMs } = entry;
  const limitMs = limitOf(entry);
  const late = calls.find(({ atMs }, at) => at > 0 && atMs > decidedMs + limitMs - LEAST_LEFT_MS + SLACK_MS);
  check(
    'time-to-call',
    late === undefined,
    plan.n,
    () => `a call ${late?.atMs} ms, decided ${decidedMs}, of ${limitMs} ms`,
  );
  const open = calls.find((call) => (call.endMs ?? Infinity) > decidedMs + limitMs + SLACK_MS + pausedMs);
  check('deadline', open === undefined, plan.n, () => `a call went on past the deadline of ${limitMs} ms`);
  const tookMs = endMs - startMs - pausedMs;
  const isInTime = tookMs <= limitMs + WAIT_MS + SLACK_MS;
  check('in-time', isInTime, plan.n, () => `over after ${tookMs} ms, its limit is ${limitMs} ms`);
  if (goneMs === undefined || !scenario.troubles.has('leaving')) return;
  const after = calls.find(({ atMs }) => atMs > goneMs);
  check('nobody-left', after === undefined, plan.n, () => `${after?.offer} was called after the client had gone`);
  const kept = calls.find((call) => (call.endMs ?? Infinity) > goneMs + LET_GO_MS);
  check('let-go', kept === undefined, plan.n, () => `${kept?.offer} was still kept after the client had gone`);
};

const judgeOrder = ({ plan, calls, decision, firstFrameMs = Infinity }: Case, { check }: Evidence): void => {
  if (!decision) return;
  const { onRefusal, stream } = decision.plan.fallback;
  const continues = stream === 'continue' && plan.stream;
  const later = continues ? undefined : calls.find(({ atMs }) => atMs > firstFrameMs);
  check('committed', later === undefined, plan.n, () => `${later?.offer} was called after content had been given`);
  for (const [at, call] of calls.entries()) {
    const failed = calls.slice(0, at).find(({ endMs = Infinity, end }) => end === 'failed' && endMs <= call.atMs);
    if (!failed) continue;
    const isRight = calls
      .slice(0, at)
      .every(
        (before) =>
          (before.endMs ?? Infinity) > call.atMs ||
          before.end !== 'failed' ||
          mayFollow(before, offerOf(call.offer), onRefusal),
      );
    check('callers-own', isRight, plan.n, () => `${call.offer} was called after a fault of the caller's own`);
  }
};

export const judgeCalls = (entry: Case, evidence: Evidence): void => {
  judgeNumber(entry, evidence);
  judgeTimes(entry, evidence);
  judgeOrder(entry, evidence);
};
