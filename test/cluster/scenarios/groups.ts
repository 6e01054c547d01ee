// Redis Cluster, and a primary behind a sentinel: a slot moves, a replica is promoted, with and without the last writes, under a cap.
import { setTimeout as wait } from 'node:timers/promises';
import { startRedisCluster, startSentinelGroup } from '../../support/redis-groups.ts';
import { ask, load, noiseOf, ok, quantile, until } from '../ask.ts';
import { counted, recorded, untilEqual } from '../books.ts';
import { findPrograms } from '../programs.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld } from '../world.ts';

const CAP = { stated: '$0.3/day', nano: 300_000_000 };
const MOST_OVERSHOOT = 0.05;
/** What was spent must be put back as well, for which 2.5 s are left to all replicas. */
const EQUAL_MS = 5_000;
const REJOIN_MS = 5_000;
const FIRST_SLOWER_MS = 50;

/** By then replicas know how many they are, and their slices are as large as they get. */
const SETTLED_MS = 4_000;

type Happening = {
  readonly url: string;
  /** While requests go on. */
  readonly happens: () => Promise<unknown>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type Grouped = { readonly name: string; readonly open: (program: string) => Promise<Happening> };

export const GROUPS: readonly Grouped[] = [
  {
    name: 'redis-cluster: a slot moves to another node',
    open: async (program) => {
      const group = await startRedisCluster(program);
      return { ...group, happens: () => group.move('{bourse}:epoch') };
    },
  },
  {
    name: 'sentinel failover: in good order',
    open: async (program) => {
      const group = await startSentinelGroup(program);
      return { ...group, happens: group.failOver };
    },
  },
  {
    name: 'sentinel failover: the primary is killed and its last second of writes lost',
    open: async (program) => {
      const group = await startSentinelGroup(program);
      const happens = async (): Promise<void> => {
        await group.cutReplica();
        await wait(1_000);
        await group.killPrimary();
      };
      return { ...group, happens };
    },
  },
  {
    name: 'sentinel failover: three sentinels, the first of them gone, and the primary is killed',
    open: async (program) => {
      const group = await startSentinelGroup(program, 3);
      const happens = async (): Promise<void> => {
        group.killSentinel();
        await group.killPrimary();
      };
      return { ...group, happens };
    },
  },
  {
    name: 'sentinel failover: the primary is cut off with writes nobody else has, and comes back as a replica',
    open: async (program) => {
      const group = await startSentinelGroup(program);
      const happens = async (): Promise<void> => {
        await group.cutReplica();
        await wait(1_000);
        await group.freezePrimary();
        await wait(1_000);
        await group.thawPrimary();
      };
      return { ...group, happens };
    },
  },
];

export const groupScenario = ({ name, open }: Grouped): Scenario => ({
  name: `${name}: requests go on, the cap holds, counter equals ledger`,
  run: async () => {
    await using group = await open(findPrograms().redis);
    await using world = await openWorld({ spend: CAP.stated, redis: { url: group.url } });
    const { must, wrong } = createJudge();
    const { caller } = world;
    const replicas = await world.fleet(3);
    await wait(SETTLED_MS);
    const before = await load({ replicas, caller, each: 40, pauseMs: 5 });
    const [during, tookMs] = await Promise.all([
      load({ replicas, caller, each: 80, pauseMs: 40 }),
      until(() => group.happens().then(() => true), 30_000),
    ]);
    const isBack = async (): Promise<boolean> =>
      (await Promise.all(replicas.map((replica) => ask(replica, caller)))).every(
        ({ degraded, status }) => degraded === null && status === 200,
      );
    const rejoined = await until(isBack, 2 * REJOIN_MS);
    const equal = await untilEqual(world, 2 * EQUAL_MS);
    const [inRedis, inLedger] = [await counted(world), await recorded(world)];
    // Far more than the cap allows.
    await load({ replicas, caller, each: 600 });
    const spent = await recorded(world);
    const overshoot = Math.max(0, spent - CAP.nano) / CAP.nano;
    const slowest = quantile(during, 1) - quantile(before, 0.5);
    must(tookMs !== undefined, 'it did not happen');
    must(ok(before) === before.length, `${before.length - ok(before)} requests failed before`);
    must(ok(during) === during.length, `${during.length - ok(during)} requests failed meanwhile`);
    must(slowest <= FIRST_SLOWER_MS + noiseOf(before, replicas.length), `the slowest was ${ms(slowest)} slower`);
    must(rejoined !== undefined && rejoined <= REJOIN_MS, `rejoined after ${ms(rejoined)}`);
    must(equal !== undefined && equal <= EQUAL_MS, `counter ${inRedis}, ledger ${inLedger}`);
    must(overshoot <= MOST_OVERSHOOT, `the fleet passed the cap by ${(100 * overshoot).toFixed(1)} %`);
    must(spent > 0.9 * CAP.nano, `only $${spent / 1e9} of the cap could be used`);
    const saw =
      `${ok(during)} of ${during.length} served meanwhile (it took ${ms(tookMs)}), slowest ${ms(slowest)} over the median, ` +
      `rejoined ${ms(rejoined)}, books equal ${ms(equal)}, spent $${(spent / 1e9).toFixed(4)}, overshoot ${(100 * overshoot).toFixed(1)} %`;
    return { saw, wrong };
  },
});
