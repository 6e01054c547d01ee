// How busily offers answer, and so how many failures in a row are no accident.
import type { OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';

/** Failures in a row that open the breaker of an offer that is seldom asked. */
const FAILURES_TO_OPEN = 3;
/**
 * For every ten answers a second one failure more: of many calls some fail in a row by accident, and where one in twenty fails all offers would be
 * left alone in turn. One that is down gives no answers, so it is not kept for longer.
 */
const ANSWERS_PER_FAILURE = 10;
const PULSE_MS = 1_000;

export const createPulses = (clock: Pick<Clock, 'elapsed'>) => {
  const pulses = new Map<OfferKey, { readonly answers: number; readonly atMs: number }>();
  /** Answers of late, each counting less as time goes: about as many as there are in a second. */
  const answersOf = (offer: OfferKey): number => {
    const { answers, atMs } = pulses.get(offer) ?? { answers: 0, atMs: 0 };
    return answers * Math.exp((atMs - clock.elapsed()) / PULSE_MS);
  };
  return {
    answered: (offer: OfferKey): void =>
      void pulses.set(offer, { answers: answersOf(offer) + 1, atMs: clock.elapsed() }),
    /** Failures in a row that open its breaker. */
    failuresToOpen: (offer: OfferKey): number => FAILURES_TO_OPEN + Math.floor(answersOf(offer) / ANSWERS_PER_FAILURE),
  };
};
