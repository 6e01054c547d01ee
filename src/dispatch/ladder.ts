// Which offer is tried next: the ladder as decided, walked down, never left.
import type { Decision, Ranked } from '../core/decision.ts';
import type { FailureCause, FailureKind } from '../core/failure.ts';
import type { OfferKey } from '../core/offer.ts';
import type { Attempt } from '../core/outcome.ts';
import { STEPS } from './failure.ts';

/** Calls to one offer within one request. */
export const TRIES_PER_OFFER = 2;
/** The longest Retry-After that is waited for rather than routed around. */
export const LONGEST_WAIT_MS = 3_000;

export type Failed = {
  readonly decision: Decision;
  /** Attempts so far; the last one has just failed. */
  readonly attempts: readonly Attempt[];
  readonly kind: FailureKind;
  readonly cause: FailureCause | undefined;
  /** Providers whose own budget has no room. */
  readonly broke?: ReadonlySet<string>;
};

const NOBODY: ReadonlySet<string> = new Set();

/** The first rung whose provider can still be paid. */
export const firstRung = ({ ladder }: Decision, broke: ReadonlySet<string>): Ranked | undefined =>
  ladder.find(({ quote }) => !broke.has(quote.offer.provider));

const triesOn = (attempts: readonly Attempt[], offer: OfferKey): number =>
  attempts.filter((attempt) => attempt.offer === offer).length;

/** Faults of an account hit every offer of that provider. */
const isAccountWide = (kind: Attempt['result']): boolean => kind === 'credential' || kind === 'quota';

const closedProviders = (ladder: readonly Ranked[], attempts: readonly Attempt[]): readonly string[] => {
  const closed = attempts.filter(({ result }) => isAccountWide(result)).map(({ offer }) => offer);
  return ladder.flatMap(({ quote }) => (closed.includes(quote.offer.key) ? quote.offer.provider : []));
};

/** What one model does says nothing of the others its provider sells. */
const isOfTheModel = (kind: FailureKind): boolean => kind === 'refused' || kind === 'model_gone';

/** The most context that was too little: what holds no more will say so too. */
const tooLittle = (ladder: readonly Ranked[], attempts: readonly Attempt[]): number => {
  const short = attempts.filter(({ result }) => result === 'context').map(({ offer }) => offer);
  return Math.max(0, ...ladder.flatMap(({ quote: { offer } }) => (short.includes(offer.key) ? offer.context : [])));
};

/** The rungs that nobody has asked yet and that the failures so far do not speak against, as decided. */
export const untried = (ladder: readonly Ranked[], attempts: readonly Attempt[]): readonly Ranked[] => {
  const closed = closedProviders(ladder, attempts);
  const least = tooLittle(ladder, attempts);
  return ladder.filter(
    ({ quote: { offer } }) =>
      triesOn(attempts, offer.key) === 0 && !closed.includes(offer.provider) && offer.context > least,
  );
};

/** Two offers answered with the same odd status: then it is the request that is odd. */
const isEchoed = (attempts: readonly Attempt[]): boolean => {
  const last = attempts.at(-1);
  return attempts.some(
    ({ offer, result, cause }) =>
      result === 'unclear' && offer !== last?.offer && cause?.status === last?.cause?.status,
  );
};

const shortWait = (cause: FailureCause | undefined): boolean =>
  cause?.retryAfterMs !== undefined && cause.retryAfterMs <= LONGEST_WAIT_MS;

/** The next rung, or undefined when the request has to end. Pure. */
export const nextRung = ({ decision, attempts, kind, cause, broke = NOBODY }: Failed): Ranked | undefined => {
  const { plan } = decision;
  const last = attempts.at(-1);
  const current = decision.ladder.find((rung) => rung.quote.offer.key === last?.offer);
  if (!current) return undefined;
  const step = kind === 'refused' ? plan.fallback.onRefusal : STEPS[kind].next;
  if (step === 'stop' || (kind === 'unclear' && isEchoed(attempts))) return undefined;

  const mayAgain = !broke.has(current.quote.offer.provider);
  const again = mayAgain && triesOn(attempts, current.quote.offer.key) < TRIES_PER_OFFER ? current : undefined;
  const fresh = untried(decision.ladder, attempts).filter(({ quote }) => !broke.has(quote.offer.provider));
  if (step === 'larger') return fresh[0];
  const touched = attempts.map(({ offer }) => offer.slice(0, offer.indexOf(':')));
  // Providers fail as a whole more often than offers do: one that this request has not tried comes first.
  const elsewhere = fresh.find(({ quote }) => !touched.includes(quote.offer.provider));
  const next = isOfTheModel(kind) ? fresh[0] : (elsewhere ?? fresh[0]);
  // The last attempt is not spent on an offer that has just failed, nor is any on a door that nobody opened.
  const isLast = plan.fallback.attempts - attempts.length <= 1;
  const isShut = cause?.sort === 'network' && cause.phase === 'connect';
  if (step === 'same' && again && !((isLast || isShut) && next)) return again;

  const waits = kind === 'rate_limited' && shortWait(cause) ? again : undefined;
  return plan.fallback.onRateLimit === 'wait' ? (waits ?? next) : (next ?? waits);
};
