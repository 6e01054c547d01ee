// What an answer says of itself: who answered, under which policy, at what cost; in headers, and in `usage` where headers have gone out.
import type { JsonObject } from '../core/chat.ts';
import { type NanoUsd, usdOf } from '../core/money.ts';
import type { Outcome, Run } from '../core/outcome.ts';
import type { Usage } from '../core/price.ts';
import { headerText } from './header-text.ts';

/** Dollars as plain decimal text, exact to the nano-dollar: "0.000012345". */
export const decimalUsd = (amount: NanoUsd): string =>
  usdOf(amount)
    .toFixed(9)
    .replace(/\.?0+$/, '');

const splitOffer = (offer: string): { readonly provider: string; readonly model: string } => {
  const colon = offer.indexOf(':');
  return { provider: offer.slice(0, colon), model: offer.slice(colon + 1) };
};

export const modelOf = (run: Run): string => splitOffer(run.offer).model;

/** True at the commit point; the request id is on every response already. */
export const runHeaders = (run: Run, feedbackToken: string): Record<string, string> => {
  const { provider, model } = splitOffer(run.offer);
  return {
    'x-bourse-model': headerText(model),
    'x-bourse-provider': headerText(provider),
    'x-bourse-policy': headerText(run.decision.policy),
    'x-bourse-attempts': String(run.attempts),
    'x-bourse-feedback-token': headerText(feedbackToken),
  };
};

/** Known once the run has settled. */
export const costHeaders = (outcome: Outcome | undefined): Record<string, string> => ({
  ...(outcome ? { 'x-bourse-cost-usd': decimalUsd(outcome.cost) } : {}),
  ...(outcome?.baselineCost === undefined ? {} : { 'x-bourse-baseline-usd': decimalUsd(outcome.baselineCost) }),
});

/** The same beside the token counts, for streams and for clients that read no headers. */
export const costFields = (outcome: Outcome | undefined): JsonObject =>
  outcome
    ? {
        cost_usd: usdOf(outcome.cost),
        cost_status: outcome.costStatus,
        ...(outcome.baselineCost === undefined ? {} : { baseline_usd: usdOf(outcome.baselineCost) }),
      }
    : {};

/** The use of the attempt that answered, as it was billed. */
export const usageOf = (outcome: Outcome | undefined): Usage | undefined => {
  const usage = outcome?.attempts.at(-1)?.usage;
  return usage && Object.keys(usage).length > 0 ? usage : undefined;
};
