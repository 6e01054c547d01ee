// What is held against a world as a whole when it is over: nothing left behind, retries rationed, beliefs as on record, and who could be served was.
import { RouterError } from '../../src/core/errors.ts';
import { lessonOf } from '../../src/learn/lesson.ts';
import type { Case, Evidence } from './evidence.ts';
import { isAllowed } from './ears.ts';
import { limitOf } from './judge-calls.ts';
import { chargedFor } from './judge-money.ts';
import type { Regime } from './kinds.ts';
import { OFFERS, policyOf } from './offers.ts';
import { regimeAt } from './seller.ts';
import type { World } from './world.ts';

/** So long an offer must have been well before anybody may count on it. */
const WELL_MS = 30_000;
/** A refused key leaves all offers of a seller alone for so long; one that kept trials waiting, up to this (market/health.ts). */
const RESTS_MS: Readonly<Partial<Record<Regime, number>>> = { locked: 900_000, hanging: 300_000, slow: 300_000 };
/** With less time than this one seller that hangs may take all of it: a stream is waited for ten seconds, a whole answer seventy. */
const FAIR_MS = { stream: 14_000, whole: 90_000 };
/** Of those that could be served so many may fail: breakers learn by requests. */
const FAILED_SHARE = 0.01;
const FAILED_FREE = 4;
/** Retries that may be made at once, that come with every request, and that come back a minute. */
const RETRIES = { burst: 50, perRequest: 0.1, perMinute: 10 };

const OWN_FAULTS = new Set(['picky', 'refused', 'filtered', 'unclear']);

/** Was there, all the while, somebody allowed and well? */
const couldBeServed = (entry: Case, evidence: Evidence): boolean => {
  const { plan, startMs, endMs = Infinity, calls, goneMs } = entry;
  const asked = (entry.decision ?? policyOf(plan.policy)).plan;
  if (goneMs !== undefined || limitOf(entry) < FAIR_MS[plan.stream ? 'stream' : 'whole']) return false;
  // What breaks after content was given away is not taken up, unless the policy says so.
  if (entry.failure !== undefined || calls.some(({ act }) => OWN_FAULTS.has(act))) return false;
  const isSteady = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => toMs < startMs || fromMs > endMs;
  if (![...evidence.scenario.ledgerAway, ...evidence.scenario.storeAway].every(isSteady)) return false;
  return OFFERS.some((offer) => {
    const seller = evidence.scenario.sellers.find(({ name }) => name === offer.provider);
    if (!seller || seller.spend !== undefined || !isAllowed(offer, asked, plan.tools)) return false;
    if (evidence.blamed(offer.key).untilMs > startMs || evidence.scenario.unpriced.includes(offer.key)) return false;
    // A price that moves may be above the policy's ceiling just now.
    const isMoving = evidence.scenario.moves.some((move) => move.offer === offer.key);
    if (asked.require.maxOutputPrice !== undefined && isMoving) return false;
    const isResting = seller.regimes.some(
      ({ regime, fromMs, toMs }) => fromMs <= endMs && toMs > startMs - (RESTS_MS[regime] ?? 0),
    );
    if (isResting) return false;
    const around = seller.regimes.filter(({ fromMs, toMs }) => toMs > startMs - WELL_MS && fromMs <= endMs);
    return around.every(({ regime }) => regime === 'fine') && regimeAt(seller, startMs) === 'fine';
  });
};

/** A budget that is spent, a caller's or a seller's, is no fault of anybody's. */
const isSpent = (error: unknown): boolean => error instanceof RouterError && error.code === 'budget_exhausted';

const judgeLiveness = (evidence: Evidence): void => {
  const served = evidence.cases.filter((entry) => couldBeServed(entry, evidence));
  const failed = served.filter(
    ({ outcome, error }) => !isSpent(error) && (outcome?.status === 'failed' || error !== undefined),
  );
  const most = FAILED_FREE + FAILED_SHARE * served.length;
  evidence.check('served', failed.length <= most, failed[0]?.plan.n ?? -1, () => {
    const first = failed.slice(0, 5).map(({ plan, error }) => `${plan.n} (${String(error)})`);
    return `${failed.length} of ${served.length} failed though somebody was well: ${first.join('; ')}`;
  });
};

/** Retries that came to nothing; one that is answered is given back. */
const judgeRetries = ({ cases, scenario, clock, check }: Evidence): void => {
  for (const { name } of scenario.sellers) {
    let firsts = 0;
    let vain = 0;
    for (const { calls } of cases)
      for (const [at, call] of calls.entries()) {
        if (!call.offer.startsWith(`${name}:`)) continue;
        if (at === 0) firsts += 1;
        else if (call.end === 'failed' && call.contentMs === undefined) vain += 1;
      }
    const most = RETRIES.burst + RETRIES.perRequest * firsts + (RETRIES.perMinute * clock.elapsed()) / 60_000 + 1;
    check('retries', vain <= most, -1, () => `${name}: ${vain} vain retries, ${most} may be paid for`);
  }
};

const judgeBeliefs = ({ check, cases }: Evidence, world: World): void => {
  if (cases.some(({ unwritten }) => unwritten)) return;
  // As it is read at a start: lessons alone.
  const again = world.freshLearner();
  for (const { decision, outcome } of world.settled()) {
    const said = world.said.get(outcome.requestId);
    const lesson = lessonOf(decision, outcome, said ? [said] : []);
    if (lesson) again.learn(lesson);
  }
  check('replay', again.digest() === world.learner.digest(), -1, () => 'the ledger read anew gives other beliefs');
};

export const judgeWorld = async (evidence: Evidence, world: World): Promise<void> => {
  const { clock, cases, check } = evidence;
  check('nothing-left', clock.pending() === 0, -1, () => `${clock.pending()} timers are left`);
  for (const { plan, calls } of cases)
    for (const call of calls)
      check('closed', call.end !== undefined, plan.n, () => `${call.offer} is still being called`);
  await world.purse.judge(world.store);
  world.purse.capsAgainst((n) => (cases[n] ? chargedFor(cases[n]) : 0));
  judgeRetries(evidence);
  judgeLiveness(evidence);
  judgeBeliefs(evidence, world);
};
