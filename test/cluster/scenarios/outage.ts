// One way for Redis to be of no use, for a few seconds, under traffic on three replicas: requests go on, and the books agree afterwards.
import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { ask, load, noiseOf, ok, quantile, until } from '../ask.ts';
import { counted, recorded, untilEqual } from '../books.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld, type World } from '../world.ts';

/** What the first requests may be slower by, and what all later ones; on top comes what this machine does to any. */
const FIRST_SLOWER_MS = 50;
const THEN_SLOWER_MS = 1;
const FIRST_FOR_MS = 150;
const REJOIN_MS = 5_000;
const REPLICAS = 3;

export type Outage = {
  readonly name: string;
  readonly begin: (world: World) => Promise<unknown> | void;
  readonly end: (world: World) => Promise<unknown> | void;
};

const command =
  (work: (redis: Redis) => Promise<unknown>) =>
  (world: World): Promise<unknown> =>
    world.askRedis(work);

export const OUTAGES: readonly Outage[] = [
  {
    name: 'frozen (SIGSTOP)',
    begin: (world) => world.redis().signal('SIGSTOP'),
    end: (world) => world.redis().signal('SIGCONT'),
  },
  {
    name: 'read-only',
    begin: command((redis) => redis.replicaof('127.0.0.1', 1)),
    end: command((redis) => redis.replicaof('NO', 'ONE')),
  },
  {
    name: 'out of memory',
    begin: command((redis) => redis.config('SET', 'maxmemory', '1')),
    end: command((redis) => redis.config('SET', 'maxmemory', '0')),
  },
  {
    name: 'password changed',
    begin: command(async (redis) => {
      await redis.config('SET', 'requirepass', 'another');
      await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }),
    end: (world) => world.askRedisWith('another', (redis) => redis.config('SET', 'requirepass', '')),
  },
];

const isBack = async (world: World, replicas: Parameters<typeof load>[0]['replicas']): Promise<boolean> => {
  const answers = await Promise.all(replicas.map((replica) => ask(replica, world.caller)));
  return answers.every(({ degraded, status }) => degraded === null && status === 200);
};

export const outageScenario = ({ name, begin, end }: Outage): Scenario => ({
  name: `Redis ${name}: requests go on out of slices, ≤ 5 s to rejoin, counter equals ledger`,
  run: async () => {
    await using world = await openWorld({ spend: '$1/day' });
    const { must, wrong } = createJudge();
    const { caller } = world;
    const replicas = await world.fleet(REPLICAS);
    await load({ replicas, caller, each: 20 });
    const before = await load({ replicas, caller, each: 40, pauseMs: 5 });
    await begin(world);
    const from = performance.now();
    const during = await load({ replicas, caller, each: 120, pauseMs: 20 });
    await end(world);
    const rejoined = await until(() => isBack(world, replicas), 2 * REJOIN_MS);
    await wait(100);
    const equal = await untilEqual(world, 2 * REJOIN_MS);
    const usual = quantile(before, 0.5);
    const first =
      quantile(
        during.filter(({ at }) => at - from <= FIRST_FOR_MS),
        1,
      ) - usual;
    const then =
      quantile(
        during.filter(({ at }) => at - from > FIRST_FOR_MS),
        0.5,
      ) - usual;
    const told = during.filter(({ degraded }) => degraded?.includes('store')).length;
    must(ok(before) === before.length, `${before.length - ok(before)} requests failed before`);
    must(ok(during) === during.length, `${during.length - ok(during)} requests failed meanwhile`);
    must(first <= FIRST_SLOWER_MS + noiseOf(before, REPLICAS), `the first were ${ms(first)} slower`);
    must(then <= THEN_SLOWER_MS + noiseOf(before, REPLICAS), `later ones were ${ms(then)} slower`);
    must(told > 0, 'no answer said x-bourse-degraded: store');
    must(rejoined !== undefined && rejoined <= REJOIN_MS, `rejoined after ${ms(rejoined)}`);
    must(equal !== undefined && equal <= REJOIN_MS, `counter ${await counted(world)}, ledger ${await recorded(world)}`);
    const saw =
      `${during.length} requests meanwhile, first ≤ ${ms(first)} slower, then ${ms(then)} (median before ${ms(usual)}), ` +
      `${told} said degraded, rejoined ${ms(rejoined)}, books equal ${ms(equal)}`;
    return { saw, wrong };
  },
});
