// The decision without the router: what would be chosen here and now, beside a running server or without one. Nothing is written.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { Offer } from '../core/offer.ts';
import type { Clock, Ledger, Rng } from '../core/ports.ts';
import { openPostgresLedger } from '../ledger/postgres.ts';
import { openSqliteLedger } from '../ledger/sqlite.ts';
import { readPolicies } from '../policy/load.ts';
import { formatProblem } from '../policy/yaml-file.ts';
import { createDryRun, type DryRun } from '../route.ts';
import { createMemoryStore } from '../store/memory.ts';
import { createRecall } from './caps.ts';
import { openLearner } from './learning.ts';
import { openMarket } from './market.ts';
import { ledgerFile } from './state.ts';

export type AdviserWorld = { readonly clock: Clock; readonly rng: Rng };

/** Before the first request there is no ledger to learn from. */
const NOTHING_YET: Ledger = {
  append: () => Promise.reject(new Error('an adviser writes nothing')),
  request: async () => undefined,
  lessons: async function* () {},
  spend: async () => [],
  close: async () => undefined,
};

/** @throws RouterError ledger_unavailable where there is a ledger and it cannot be read */
const openToRead = async (config: Config): Promise<Ledger> => {
  if (config.database) return openPostgresLedger({ url: config.database });
  const path = ledgerFile(config);
  return existsSync(path) ? openSqliteLedger({ path, access: 'read' }) : NOTHING_YET;
};

/** @throws Error that says what to mend: a bad policy, an unknown feed */
export const openAdviser = async (
  config: Config,
  { clock, rng }: AdviserWorld,
): Promise<{ readonly dryRun: DryRun; readonly offers: readonly Offer[] }> => {
  const { policies, problems } = await readPolicies(config.policies);
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  const quiet = (): undefined => undefined;
  const store = createMemoryStore({ clock });
  const market = await openMarket(config, {
    clock,
    rng,
    store,
    process: randomUUID(),
    onPriceChange: quiet,
    onFeedFault: quiet,
  });
  const ledger = await openToRead(config);
  try {
    const learner = await openLearner({ market, ledger, rng, tally: store, at: clock.now() });
    const all = [...policies.values()];
    await createRecall(() => ({ ...config, policies: all, ledger, at: clock.now(), store }))();
    const book = { get: (name: string) => policies.get(name), list: () => all };
    return { dryRun: createDryRun({ policies: book, market: market.market, learner, clock }), offers: market.offers };
  } finally {
    await Promise.all([ledger.close(), market.refresh.stop()]);
  }
};
