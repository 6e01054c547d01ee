// A second call beside a late first one: when it is started, and what becomes of the one that loses.
import type { Decision, Ranked } from '../core/decision.ts';
import type { FailureKind } from '../core/failure.ts';
import type { Attempt } from '../core/outcome.ts';
import type { Clock } from '../core/ports.ts';
import { untried } from './ladder.ts';
import type { Started, Trial } from './trial.ts';

export type Hedge = {
  /** Without content by then, the first is taken to be late. */
  readonly afterMs: number;
  /** Starts the second call; undefined: not now (no time, no money, no retry left). */
  readonly start: () => Promise<Started | undefined>;
};

export type RaceDeps = {
  readonly clock: Clock;
  /** Why a trial cannot be committed; undefined when it can. */
  readonly faultOf: (trial: Trial) => FailureKind | undefined;
  /** Counts a trial that has not won. */
  readonly lost: (trial: Trial, kind: FailureKind) => void;
};

/** The one that ended the race: answering, or the last to fail. */
export type Raced = { readonly trial: Trial; readonly rung: Ranked; readonly fault: FailureKind | undefined };

/**
 * The rung a second call would go to: one of the ladder nobody has asked and no failure speaks against, with another seller where there is one, that may be expected to
 * cost no more than the policy pays for it. The ladder is what passed every requirement, so nothing is widened.
 */
export const hedgeRung = (
  { ladder, plan }: Decision,
  first: Ranked,
  attempts: readonly Attempt[],
): Ranked | undefined => {
  const { hedge, attempts: most } = plan.fallback;
  if (hedge === undefined || attempts.length + 2 > most) return undefined;
  const fresh = untried(ladder, attempts).filter(
    ({ quote }) => quote.costP90 <= hedge && quote.offer.key !== first.quote.offer.key,
  );
  return fresh.find(({ quote }) => quote.offer.provider !== first.quote.offer.provider) ?? fresh[0];
};

type Settled = { readonly from: Started; readonly trial: Trial };

const settle = async (from: Started): Promise<Settled> => ({ from, trial: await from.ready });

const NOT_LATE = new Error('it has answered');

/** Resolves to the first call if it settles in time, else to undefined. */
const inTime = async (first: Started, afterMs: number, clock: Clock): Promise<Settled | undefined> => {
  const over = new AbortController();
  try {
    return await Promise.race([settle(first), clock.sleep(afterMs, over.signal).then(() => undefined)]);
  } finally {
    over.abort(NOT_LATE);
  }
};

/** @throws what a call's `ready` rejects with; the other call is still under way then */
export const race = async (deps: RaceDeps, first: Started, hedge: Hedge | undefined): Promise<Raced> => {
  const verdict = ({ from, trial }: Settled): Raced => ({ trial, rung: from.rung, fault: deps.faultOf(trial) });
  if (!hedge) return verdict(await settle(first));
  const early = await inTime(first, hedge.afterMs, deps.clock);
  const second = early ? undefined : await hedge.start();
  if (!second) return verdict(early ?? (await settle(first)));
  const ahead = await Promise.race([settle(first), settle(second)]);
  const behind = ahead.from === first ? second : first;
  const lead = verdict(ahead);
  if (lead.fault !== undefined) {
    ahead.trial.stop();
    deps.lost(ahead.trial, lead.fault);
    return verdict(await settle(behind));
  }
  behind.abandon();
  const left = await behind.ready;
  left.stop();
  deps.lost(left, deps.faultOf(left) === undefined ? 'cancelled' : loserKind(left, deps));
  return lead;
};

/** We left it, so that is what ended it; a failure of its own in the same moment stays one. */
const loserKind = (left: Trial, { faultOf }: RaceDeps): FailureKind =>
  left.watch.cause?.sort === 'aborted' ? 'cancelled' : (faultOf(left) ?? 'cancelled');
