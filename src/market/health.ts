// Whether an offer may be called now: a breaker per offer whose states carry only what they need, cooldowns that only lengthen.
import type { OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';
import { createPulses } from './pulses.ts';

/** Of a trial: no call is out to find out. */
const NOBODY = Number.NEGATIVE_INFINITY;

/**
 * All times are monotonic: a wall clock that jumps ends no cooldown and makes none an hour longer.
 * closed: in use, with its failures since it last answered · open: left alone until a time · trial: one call may find out whether it is back ·
 * ramp: back, taking a growing share of requests, with its failures as in closed.
 */
type State =
  | { readonly is: 'closed'; readonly failures: readonly number[] }
  | { readonly is: 'open'; readonly untilMs: number; readonly ejections: number; readonly why: string }
  | { readonly is: 'trial'; readonly sinceMs: number; readonly ejections: number }
  | { readonly is: 'ramp'; readonly failures: readonly number[]; readonly sinceMs: number; readonly ejections: number };

/** How an offer failed. */
export type Fault = {
  /** It said itself that it cannot: that counts twice. */
  readonly isStated?: boolean;
  /** It kept us waiting. */
  readonly isSlow?: boolean;
};

export type HealthView = {
  readonly state: State['is'];
  /** Share of requests it may take, 0..1. */
  readonly share: number;
  /** Epoch ms, by the wall clock as it goes now. */
  readonly untilMs?: number;
  readonly why?: string;
};

/** Only failures within this window count as a row. */
const FAILURE_WINDOW_MS = 30_000;
/** Ejection grows with repetition: 5 s, then 15 s. A trial that fails at once costs a request next to nothing, so it stays at that. */
const EJECT_BASE_MS = 5_000;
const EJECT_GROWTH = 3;
const EJECT_QUICK_MAX_MS = 15_000;
/** A trial that fails by timing out costs a caller the whole wait. */
const EJECT_SLOW_MAX_MS = 300_000;
/** A trial that never reports back is forgotten after this. */
const TRIAL_MS = 30_000;
/** The ramp starts at 2 % and doubles every two seconds: whole again after about twelve. */
const RAMP_START = 0.02;
const RAMP_DOUBLING_MS = 2_000;
/** No cooldown is believed beyond this, whatever a header says. */
const COOL_MAX_MS = 900_000;

const CLOSED: State = { is: 'closed', failures: [] };
const CLOSED_VIEW: HealthView = { state: 'closed', share: 1 };

const rampShare = (sinceMs: number, nowMs: number): number =>
  Math.min(1, RAMP_START * 2 ** ((nowMs - sinceMs) / RAMP_DOUBLING_MS));

const ejectionMs = (ejections: number, { isSlow }: Fault): number =>
  Math.min(isSlow ? EJECT_SLOW_MAX_MS : EJECT_QUICK_MAX_MS, EJECT_BASE_MS * EJECT_GROWTH ** (ejections - 1));

/** The state as of now: an open breaker whose time has come is ready for a trial, a finished ramp is closed. */
const asOf = (state: State, nowMs: number): State => {
  if (state.is === 'open' && nowMs >= state.untilMs)
    return { is: 'trial', sinceMs: NOBODY, ejections: state.ejections };
  if (state.is === 'trial' && nowMs - state.sinceMs > TRIAL_MS) return { ...state, sinceMs: NOBODY };
  if (state.is === 'ramp' && rampShare(state.sinceMs, nowMs) >= 1) return CLOSED;
  return state;
};

const viewOf = (state: State, nowMs: number, wallMs: number): HealthView => {
  switch (state.is) {
    case 'closed':
      return CLOSED_VIEW;
    case 'open':
      return { state: 'open', share: 0, untilMs: Math.ceil(wallMs + state.untilMs - nowMs), why: state.why };
    case 'trial':
      return { state: 'trial', share: state.sinceMs === NOBODY ? 1 : 0, why: 'one trial call at a time' };
    case 'ramp':
      return { state: 'ramp', share: rampShare(state.sinceMs, nowMs), why: 'coming back step by step' };
    default:
      return state satisfies never;
  }
};

/** An offer that is to be left alone, as one process tells it to another; epoch ms. */
export type Cooldown = { readonly offer: OfferKey; readonly untilMs: number; readonly why: string };

export type HealthDeps = {
  readonly clock: Clock;
  /** Hears of every offer that is left alone from now on. */
  readonly onOpen?: (cooldown: Cooldown) => void;
};

/** @returns those of the window, this one included */
const failuresOf = (failures: readonly number[], { isStated }: Fault, nowMs: number): readonly number[] => {
  const recent = failures.filter((at) => nowMs - at < FAILURE_WINDOW_MS);
  return [...recent, ...(isStated ? [nowMs, nowMs] : [nowMs])];
};

/** One more, unless it is being left alone already. */
const ejectionsOf = (state: State): number => {
  if (state.is === 'closed') return 1;
  return state.is === 'open' ? state.ejections : state.ejections + 1;
};

/** A pause that has begun is only ever lengthened. */
const opened = (state: State, until: number, why: string) => {
  const untilMs = state.is === 'open' ? Math.max(state.untilMs, until) : until;
  return { is: 'open', untilMs, ejections: ejectionsOf(state), why } as const;
};

export const createHealth = ({ clock, onOpen }: HealthDeps) => {
  const states = new Map<OfferKey, State>();
  const pulses = createPulses(clock);
  const current = (offer: OfferKey): State => asOf(states.get(offer) ?? CLOSED, clock.elapsed());

  const open = (offer: OfferKey, forMs: number, why: string): void => {
    const now = clock.elapsed();
    const next = opened(current(offer), now + Math.min(COOL_MAX_MS, forMs), why);
    states.set(offer, next);
    onOpen?.({ offer, untilMs: Math.ceil(clock.now() + next.untilMs - now), why });
  };

  return {
    view: (offer: OfferKey): HealthView => viewOf(current(offer), clock.elapsed(), clock.now()),

    /** A call is about to be made: an offer on trial takes no second one until this one reports. */
    began(offer: OfferKey): void {
      const state = current(offer);
      if (state.is === 'trial') states.set(offer, { ...state, sinceMs: clock.elapsed() });
    },

    succeeded(offer: OfferKey): void {
      const state = current(offer);
      pulses.answered(offer);
      // Just back, it is given one failure less than others until it has answered again.
      const now = clock.elapsed();
      if (state.is === 'trial') states.set(offer, { ...state, is: 'ramp', failures: [now], sinceMs: now });
      else if (state.is === 'ramp') states.set(offer, { ...state, failures: [] });
      else if (state.is === 'closed') states.delete(offer);
    },

    /** A failure that speaks against the offer (not the caller's fault, not a cancellation). */
    failed(offer: OfferKey, why: string, fault: Fault = {}): void {
      const state = current(offer);
      if (state.is === 'open') return;
      const rest = (): void => open(offer, ejectionMs(ejectionsOf(state), fault), why);
      if (state.is === 'trial') return rest();
      const failures = failuresOf(state.failures, fault, clock.elapsed());
      if (failures.length >= pulses.failuresToOpen(offer)) rest();
      else states.set(offer, { ...state, failures });
    },

    /** A call ended without saying anything of the offer: if it was the trial, another may try. */
    released(offer: OfferKey): void {
      const state = states.get(offer);
      if (state?.is === 'trial') states.set(offer, { ...state, sinceMs: NOBODY });
    },

    /** Another process has told us of a cooldown. Not told on. */
    heard({ offer, untilMs, why }: Cooldown): void {
      const state = current(offer);
      const until = clock.elapsed() + Math.min(untilMs - clock.now(), COOL_MAX_MS);
      if (until <= clock.elapsed() || (state.is === 'open' && state.untilMs >= until)) return;
      states.set(offer, { is: 'open', untilMs: until, ejections: state.is === 'closed' ? 1 : state.ejections, why });
    },

    /** Leave it alone for a stated time: a rate limit, spent quota, a refused key. Only ever lengthens. */
    cool: open,
  };
};

export type Health = ReturnType<typeof createHealth>;
