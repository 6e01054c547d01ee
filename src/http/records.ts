// What the routes read and write of past requests, and whose they are.
import type { FeedbackTokens } from '../auth/feedback-token.ts';
import type { Caller } from '../core/ask.ts';
import { RouterError } from '../core/errors.ts';
import type { Feedback, RequestView } from '../core/ledger.ts';
import type { Ledger, PriceHistory, Traffic } from '../core/ports.ts';
import type { BillCheck } from '../core/price-history.ts';

export type Records = {
  readonly ledger: Pick<Ledger, 'request' | 'spend'>;
  /** Idempotent per request and source: the last one counts. */
  readonly feedback: (feedback: Feedback) => Promise<void>;
  readonly tokens: FeedbackTokens;
  readonly prices: {
    readonly history: Pick<PriceHistory, 'of' | 'within'>;
    readonly traffic: Traffic;
    readonly billChecks: () => readonly BillCheck[];
  };
};

/** The caller of a server without keys, and of its command line: it owns everything. */
const LOCAL = 'local';

/** One answer for "is not there" and "is not yours", so that ids cannot be tried out. */
export const unknownRequest = (): RouterError =>
  new RouterError('unknown_request_id', 'No request of yours has this id. A very recent one may still be on its way.');

/** A ledger that rejects has said nothing about the request: that is its own fault, and may pass. */
export const ledgerFault = (cause: unknown): never => {
  if (cause instanceof RouterError) throw cause;
  throw new RouterError('ledger_unavailable', 'The ledger does not answer right now; try again.', { cause });
};

/** @throws RouterError unknown_request_id unless it exists and this caller made it */
export const ownedRequest = async ({ ledger }: Records, id: string, caller: Caller): Promise<RequestView> => {
  const view = await ledger.request(id).catch(ledgerFault);
  if (!view || (caller.id !== LOCAL && view.caller !== caller.id)) throw unknownRequest();
  return view;
};
