// Whether an offer may be called now: a breaker per offer whose states carry only what they need, cooldowns that only lengthen.
import type { OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';

/**
 * closed: in use, with its recent failures · open: left alone until a time · trial: one call may find out whether it is back ·
 * ramp: back, taking a growing share of requests.
 */
type State =
  | { readonly is: 'closed'; readonly failures: readonly number[] }
  | { readonly is: 'open'; readonly untilMs: number; readonly ejections: number; readonly why: string }
  | { readonly is: 'trial'; readonly sinceMs: number; readonly ejections: number }
  | { readonly is: 'ramp'; readonly sinceMs: number; readonly ejections: number };

export type HealthView = {
  readonly state: State['is'];
  /** Share of requests it may take, 0..1. */
  readonly share: number;
  readonly untilMs?: number;
  readonly why?: string;
};

/** Failures within this window that open the breaker. */
const FAILURES_TO_OPEN = 3;
const FAILURE_WINDOW_MS = 30_000;
/** Ejection grows with repetition: 5 s, 10 s, 20 s … at most five minutes. */
const EJECT_BASE_MS = 5_000;
const EJECT_MAX_MS = 300_000;
/** A trial that never reports back is forgotten after this. */
const TRIAL_MS = 30_000;
/** The ramp starts at 2 % and doubles every two seconds: whole again after about twelve. */
const RAMP_START = 0.02;
const RAMP_DOUBLING_MS = 2_000;
/** No cooldown is believed beyond this, whatever a header says. */
const COOL_MAX_MS = 900_000;

const CLOSED: State = { is: 'closed', failures: [] };

const rampShare = (sinceMs: number, nowMs: number): number =>
  Math.min(1, RAMP_START * 2 ** ((nowMs - sinceMs) / RAMP_DOUBLING_MS));

const ejectionMs = (ejections: number): number => Math.min(EJECT_MAX_MS, EJECT_BASE_MS * 2 ** (ejections - 1));

export const createHealth = ({ clock }: { readonly clock: Clock }) => {
  const states = new Map<OfferKey, State>();

  /** The state as of now: an open breaker whose time has come is ready for a trial, a finished ramp is closed. */
  const current = (offer: OfferKey): State => {
    const state = states.get(offer) ?? CLOSED;
    const now = clock.now();
    if (state.is === 'open' && now >= state.untilMs) return { is: 'trial', sinceMs: 0, ejections: state.ejections };
    if (state.is === 'trial' && now - state.sinceMs > TRIAL_MS) return { ...state, sinceMs: 0 };
    if (state.is === 'ramp' && rampShare(state.sinceMs, now) >= 1) return CLOSED;
    return state;
  };

  const open = (offer: OfferKey, forMs: number, why: string): void => {
    const state = current(offer);
    const ejections = (state.is === 'closed' ? 0 : state.ejections) + 1;
    const until = clock.now() + Math.min(COOL_MAX_MS, forMs);
    const untilMs = state.is === 'open' ? Math.max(state.untilMs, until) : until;
    states.set(offer, { is: 'open', untilMs, ejections: state.is === 'open' ? state.ejections : ejections, why });
  };

  return {
    view(offer: OfferKey): HealthView {
      const state = current(offer);
      if (state.is === 'closed') return { state: 'closed', share: 1 };
      if (state.is === 'open') return { state: 'open', share: 0, untilMs: state.untilMs, why: state.why };
      if (state.is === 'trial')
        return { state: 'trial', share: state.sinceMs === 0 ? 1 : 0, why: 'one trial call at a time' };
      return { state: 'ramp', share: rampShare(state.sinceMs, clock.now()), why: 'coming back step by step' };
    },

    /** A call is about to be made: an offer on trial takes no second one until this one reports. */
    began(offer: OfferKey): void {
      const state = current(offer);
      if (state.is === 'trial') states.set(offer, { ...state, sinceMs: clock.now() });
    },

    succeeded(offer: OfferKey): void {
      const state = current(offer);
      if (state.is === 'trial') states.set(offer, { is: 'ramp', sinceMs: clock.now(), ejections: state.ejections });
      else if (state.is === 'closed') states.delete(offer);
    },

    /** A failure that speaks against the offer (not the caller's fault, not a cancellation). */
    failed(offer: OfferKey, why: string): void {
      const state = current(offer);
      if (state.is === 'open') return;
      if (state.is !== 'closed') return open(offer, ejectionMs(state.ejections + 1), why);
      const now = clock.now();
      const failures = [...state.failures.filter((at) => now - at < FAILURE_WINDOW_MS), now];
      if (failures.length >= FAILURES_TO_OPEN) open(offer, ejectionMs(1), why);
      else states.set(offer, { is: 'closed', failures });
    },

    /** Leave it alone for a stated time: a rate limit, spent quota, a refused key. Only ever lengthens. */
    cool(offer: OfferKey, forMs: number, why: string): void {
      open(offer, forMs, why);
    },
  };
};

export type Health = ReturnType<typeof createHealth>;
