// Alone or one of several: where Redis is configured, limits are held there in slices and replicas hear from one another; else neither.
import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Policy } from '../core/policy.ts';
import type { Clock, Store, Tally } from '../core/ports.ts';
import type { OpenedLedger } from '../ledger/recover.ts';
import type { LivePolicies } from '../policy/watch.ts';
import { openRedisBulletin } from '../store/bulletin-redis.ts';
import { createLeasedStore } from '../store/leased.ts';
import { createMemoryStore } from '../store/memory.ts';
import { openRedisStore } from '../store/redis.ts';
import type { Share } from '../store/share.ts';
import { askBudgets, countersOf, createRecall, earlierShares, sharesOf } from './caps.ts';
import { watchDeadReplicas } from './dead-replicas.ts';
import { every } from './every.ts';
import { createSharing, type Sharing } from './sharing.ts';

export type ClusterWorld = {
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly ledger: OpenedLedger;
  readonly policies: Pick<LivePolicies, 'list' | 'swapped'>;
};

/** What a replica has to do without for now: the shared store, or the ledger's database. */
export type Degraded = 'store' | 'ledger';

export type Cluster = {
  readonly store: Store & Tally;
  /** Names this process. */
  readonly replica: string;
  /** Absent: this process is alone. */
  readonly sharing?: Sharing;
  readonly degraded: () => readonly Degraded[];
  readonly close: () => Promise<void>;
};

/** Who has just started has not heard of the others yet: it counts so many for as long, so that replicas started together leave each other room. */
const UNHEARD = { replicas: 8, forMs: 3_000 };

/** So soon a clock that was set is noticed. */
const RECALL_EVERY_MS = 5_000;

const ledgerIsAway = ({ spool }: OpenedLedger): boolean => spool?.().away ?? false;

const openAlone = async ({ keys, providers }: Config, world: ClusterWorld): Promise<Cluster> => {
  const { clock, say, ledger, policies } = world;
  const store = createMemoryStore({ clock });
  const recall = createRecall(() => ({ keys, providers, policies: policies.list(), ledger, at: clock.now(), store }));
  await recall();
  const recallSoon = () => recall().catch(untold(say));
  const recalling = every(RECALL_EVERY_MS, clock, recallSoon);
  policies.swapped(() => void recallSoon());
  return {
    store,
    replica: randomUUID(),
    degraded: () => (ledgerIsAway(ledger) ? ['ledger'] : []),
    close: async () => {
      await recalling.stop();
      await store.close();
    },
  };
};

/** A window that has just begun for us counts from now on then, until the next try. */
const untold =
  (say: (line: string) => void) =>
  (fault: unknown): void =>
    say(`what the ledger has of limits that are new could not be counted: ${String(fault)}`);

/** What an emptied Redis is told beside what the living say of themselves. */
const createWitness = async ({ keys, providers }: Config, { clock, ledger, policies }: ClusterWorld, who: string) => {
  const world = () => ({ keys, providers, policies: policies.list(), at: clock.now() });
  /** Without counters that stood under the policies before. */
  const added = (before: readonly Policy[]) => ({ ...world(), known: countersOf({ ...world(), policies: before }) });
  const { shared } = ledger;
  if (shared)
    return (before?: readonly Policy[]): Promise<readonly Share[]> =>
      sharesOf(before ? added(before) : world(), shared.spentByWriter);
  const earlier = await earlierShares({ ...world(), ledger }, `${who}/earlier`);
  return async (before?: readonly Policy[]): Promise<readonly Share[]> =>
    before ? earlierShares({ ...added(before), ledger }, `${who}/before`) : earlier;
};

const openShared = async (config: Config, url: string, world: ClusterWorld): Promise<Cluster> => {
  const { clock, say, ledger } = world;
  const name = randomUUID();
  const who = ledger.shared?.writer ?? name;
  const replica = `${who}/${name}`;
  const others = await createWitness(config, world, who);
  const shared = openRedisStore({ url, clock, replica });
  const sharing = createSharing({ bulletin: openRedisBulletin({ url, replica, clock }), clock, say });
  const began = clock.elapsed();
  const unheard = (): number => (clock.elapsed() - began < UNHEARD.forMs ? UNHEARD.replicas : 1);
  const replicas = (): number => Math.max(sharing.replicas(), unheard());
  const store = createLeasedStore({ shared, clock, replica, who, replicas, others });
  // Whoever tells it first: each writer's share counts once.
  const recall = async (before: readonly Policy[]): Promise<void> => {
    for (const share of await others(before)) await shared.restore(share, 'ledger');
  };
  world.policies.swapped((before) => void recall(before).catch(untold(say)));
  // Where it is not there yet, what is known of budgets comes with it.
  await askBudgets({ policies: world.policies.list(), at: clock.now() }, store).catch(() => undefined);
  const dead = ledger.shared && watchDeadReplicas({ shared, ledger: ledger.shared, clock, say, replica });
  const storeIsAway = (): boolean => shared.isAway() || !sharing.state().connected;
  return {
    store,
    replica,
    sharing,
    degraded: () => [
      ...(storeIsAway() ? (['store'] as const) : []),
      ...(ledgerIsAway(ledger) ? (['ledger'] as const) : []),
    ],
    close: async () => {
      await dead?.close();
      await Promise.all([sharing.close(), store.close()]);
    },
  };
};

/** Redis need not be there: then requests without a limit go on, and the others as soon as it is. */
export const openCluster = (config: Config, world: ClusterWorld): Promise<Cluster> =>
  config.redis === undefined ? openAlone(config, world) : openShared(config, config.redis, world);
