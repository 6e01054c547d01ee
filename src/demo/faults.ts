// What goes wrong at a simulated provider, how often, and when: drawn from the request, so that a repeat of it draws anew.
import { drawsFor } from './draw.ts';

export const FAULTS = ['rate_limited', 'server_error', 'overloaded', 'cut_early', 'cut_late'] as const;
/** cut_early: the line goes dead before the first token; cut_late: in the middle of the answer. */
export type Fault = (typeof FAULTS)[number];

/** Probability of each per attempt, before the offer's own flakiness. */
export type FaultRates = Readonly<Record<Fault, number>>;

/** All that a router can mend unseen. Streams that break after their first words are left to those who ask for them. */
export const USUAL_FAULTS: FaultRates = {
  rate_limited: 0.006,
  server_error: 0.005,
  overloaded: 0.005,
  cut_early: 0.003,
  cut_late: 0,
};

export const NO_FAULTS: FaultRates = { rate_limited: 0, server_error: 0, overloaded: 0, cut_early: 0, cut_late: 0 };

export type FaultDraw = {
  readonly rates: FaultRates;
  readonly flaky: number;
  /** What the attempt is: the same keys, the same luck. */
  readonly keys: readonly (string | number)[];
};

export const faultOf = ({ rates, flaky, keys }: FaultDraw): Fault | undefined => {
  let left = drawsFor('fault', ...keys).next();
  return FAULTS.find((fault) => {
    left -= rates[fault] * flaky;
    return left < 0;
  });
};
