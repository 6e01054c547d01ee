// The budgets that providers have of their own: asked call by call, since only a call knows whose it is, and settled with the outcome.
import type { Config } from '../config.ts';
import type { Decision, Quote } from '../core/decision.ts';
import type { Outcome } from '../core/outcome.ts';
import type { SpendLimit } from '../core/policy.ts';
import type { Clock, Store, Tally } from '../core/ports.ts';
import type { Purse } from '../dispatch/calls.ts';
import { callCap, upperBound } from '../dispatch/reserve.ts';
import { holdOn } from '../policy/limits.ts';

const idOf = (requestId: string, attempt: number): string => `${requestId}/${attempt}`;

const limitsIn = ({ providers }: Pick<Config, 'providers'>): ReadonlyMap<string, SpendLimit> =>
  new Map(providers.flatMap(({ name, spend }) => (spend ? [[name, spend] as const] : [])));

/** Whether a seller's budget has room for one more call, as far as is known without asking. */
export const createCanPay = (
  config: Pick<Config, 'providers'>,
  { tally, clock }: { readonly tally: Tally; readonly clock: Clock },
): ((quote: Quote, asked: Pick<Decision, 'profile' | 'plan'>) => boolean) | undefined => {
  const limits = limitsIn(config);
  if (limits.size === 0) return undefined;
  return (quote, asked) => {
    const { provider } = quote.offer;
    const limit = limits.get(provider);
    if (!limit) return true;
    const at = clock.now();
    const cap = callCap(asked, quote, { guarded: true });
    const amount = upperBound(quote, { at, cap, profile: asked.profile });
    const hold = holdOn({ counter: `provider/${provider}`, limit, at, amount });
    return tally.known(hold.key) + hold.amount <= (hold.limit ?? Number.POSITIVE_INFINITY);
  };
};

export const createProviderBudgets = (config: Config, store: Store) => {
  const limits = limitsIn(config);

  const purse: Purse = {
    guards: (provider) => limits.has(provider),
    take: async ({ requestId, attempt, provider, amount, at }) => {
      const limit = limits.get(provider);
      if (!limit) return true;
      const hold = holdOn({ counter: `provider/${provider}`, limit, at, amount });
      return (await store.reserve(idOf(requestId, attempt), [hold])).ok;
    },
    settle: async ({ requestId, attempt, cost }) => store.settle(idOf(requestId, attempt), cost),
    resetsInMs: (provider, at) => {
      const limit = limits.get(provider);
      return limit ? holdOn({ counter: provider, limit, at, amount: limit.amount }).resetsAt - at : 0;
    },
  };

  /** Each call to its own provider's counter, at what it may have cost. */
  const settle = async ({ requestId, attempts }: Pick<Outcome, 'requestId' | 'attempts'>): Promise<void> => {
    const held = attempts.filter(({ offer }) => limits.has(offer.slice(0, offer.indexOf(':'))));
    await Promise.all(held.map(({ attempt, cost }) => store.settle(idOf(requestId, attempt), cost)));
  };

  return { purse, settle };
};
