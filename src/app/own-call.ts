// A call of our own: noted before it leaves like any caller's, walked by the same dispatch, and on the record whatever comes of it.
import type { Ask } from '../core/ask.ts';
import type { Decision } from '../core/decision.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Ledger } from '../core/ports.ts';
import type { Dispatch } from '../dispatch/dispatch.ts';
import type { Journal } from '../dispatch/trial.ts';

export type OwnCallDeps = { readonly dispatch: Dispatch; readonly ledger: Pick<Ledger, 'append'> };
export type OwnAnswer = { readonly outcome: Outcome; readonly text: string };

/** Characters of an answer to us that are looked at. */
const MOST_TEXT = 4_000;

/** The outcome is not written yet: whoever asked may want to look at it first. */
export const ownCall = async ({ dispatch, ledger }: OwnCallDeps, decision: Decision, ask: Ask): Promise<OwnAnswer> => {
  const journal: Journal = (note) => {
    const written = ledger.append([
      { kind: 'decision', decision, caller: decision.policy },
      { kind: 'dispatch', note },
    ]);
    return { safe: written, written };
  };
  const dispatched = await dispatch(decision, ask, journal);
  if (!dispatched.committed) return { outcome: dispatched.outcome, text: '' };
  let text = '';
  for await (const frame of dispatched.run.answer) {
    for (const event of frame.events) if (event.type === 'text-delta' && text.length < MOST_TEXT) text += event.text;
    if (ask.signal.aborted) break;
  }
  return { outcome: await dispatched.run.settled, text };
};
