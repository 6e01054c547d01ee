// Why a request went where it went, for programs and for people.
import type { Decision } from '../core/decision.ts';
import type { RequestView } from '../core/ledger.ts';
import { explanationText } from './explain-text.ts';
import { type Explanation, explanationOf } from './explanation.ts';

/** Of a decision alone, or of a request as the ledger knows it; `text` is for a terminal. */
export const explain = (subject: Decision | RequestView): Explanation & { readonly text: string } => {
  const explanation = explanationOf(subject);
  return { ...explanation, text: explanationText(explanation) };
};
