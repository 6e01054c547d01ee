// Alone or one of several: where Redis is configured, limits are held there in slices and replicas hear from one another; else neither.
import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Clock, Store } from '../core/ports.ts';
import type { OpenedLedger } from '../ledger/recover.ts';
import type { LivePolicies } from '../policy/watch.ts';
import { openRedisBulletin } from '../store/bulletin-redis.ts';
import { createLeasedStore } from '../store/leased.ts';
import { createMemoryStore } from '../store/memory.ts';
import { openRedisStore } from '../store/redis.ts';
import type { Share } from '../store/share.ts';
import { earlierShares, recallCaps, sharesOf } from './caps.ts';
import { watchDeadReplicas } from './dead-replicas.ts';
import { createSharing, type Sharing } from './sharing.ts';

export type ClusterWorld = {
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly ledger: OpenedLedger;
  readonly policies: Pick<LivePolicies, 'list'>;
};

/** What a replica has to do without for now: the shared store, or the ledger's database. */
export type Degraded = 'store' | 'ledger';

export type Cluster = {
  readonly store: Store;
  /** Names this process. */
  readonly replica: string;
  /** Absent: this process is alone. */
  readonly sharing?: Sharing;
  readonly degraded: () => readonly Degraded[];
  readonly close: () => Promise<void>;
};

/** Who has just started has not heard of the others yet: it counts so many for as long, so that replicas started together leave each other room. */
const UNHEARD = { replicas: 8, forMs: 3_000 };

const ledgerIsAway = ({ spool }: OpenedLedger): boolean => spool?.().away ?? false;

const openAlone = async ({ keys, providers }: Config, { clock, ledger, policies }: ClusterWorld): Promise<Cluster> => {
  const store = createMemoryStore({ clock });
  await recallCaps({ keys, providers, policies: policies.list(), ledger, at: clock.now(), store });
  return {
    store,
    replica: randomUUID(),
    degraded: () => (ledgerIsAway(ledger) ? ['ledger'] : []),
    close: () => store.close(),
  };
};

/** What an emptied Redis is told beside what the living say of themselves. */
const createWitness = async ({ keys, providers }: Config, { clock, ledger, policies }: ClusterWorld, who: string) => {
  const world = () => ({ keys, providers, policies: policies.list(), at: clock.now() });
  const { shared } = ledger;
  if (shared) return (): Promise<readonly Share[]> => sharesOf(world(), shared.spentByWriter);
  const earlier = await earlierShares({ ...world(), ledger }, `${who}/earlier`);
  return (): Promise<readonly Share[]> => Promise.resolve(earlier);
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
