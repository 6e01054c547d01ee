// What a signal is taken for when it is recorded: what it is worth in the words of this caller's people, at the weight the policy gives it.
import type { Calibration } from '../core/calibration.ts';
import type { Decision } from '../core/decision.ts';
import type { Signal, Taken } from '../core/signal.ts';

export type Taking = (
  signal: Pick<Signal, 'source' | 'score'>,
  decision: Decision,
  caller: string,
) => Taken | undefined;

/** Sources of our own stand in a policy without their sign. */
const plainName = (source: string): string => source.replace(/^@/, '');

/** undefined: for its score, at the usual weight. */
export const createTaking =
  (calibration: Calibration): Taking =>
  (signal, { plan }, caller) => {
    const { weights = {} } = plan.feedback;
    const name = plainName(signal.source);
    const weight = Object.hasOwn(weights, name) ? weights[name] : undefined;
    const taken = { ...calibration.taken(caller, signal), ...(weight === undefined ? {} : { weight }) };
    return Object.keys(taken).length > 0 ? taken : undefined;
  };
