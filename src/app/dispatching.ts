// The dispatcher as the configuration makes it: its providers, its patience, and whose money it asks for.
import type { Transport } from '../adapters/transport.ts';
import type { Config } from '../config.ts';
import type { Clock, Rng, Store } from '../core/ports.ts';
import { createDispatch } from '../dispatch/dispatch.ts';
import type { OpenMarket } from './market.ts';
import type { Taking } from './rewards.ts';
import { createProviderBudgets } from './provider-budgets.ts';
import { providersOf } from './sellers.ts';

export type DispatchWorld = {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly market: Pick<OpenMarket, 'health'>;
  readonly store: Store;
  readonly transport: Transport;
  /** What structural signals are taken for. */
  readonly taking: Taking;
};

export const openDispatch = (config: Config, { clock, rng, market, store, transport, taking }: DispatchWorld) => {
  const { purse, settle } = createProviderBudgets(config, store);
  const dispatch = createDispatch({
    providers: providersOf(config, transport, clock),
    clock,
    rng,
    health: market.health,
    patience: config.timeouts,
    purse,
    taking,
  });
  return { dispatch, settleProviders: settle };
};
