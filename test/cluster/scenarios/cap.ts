// Three replicas on one key with five cents a day and 300 requests, Redis frozen half-way: nobody is let past the cap, and the money is used.
import { setTimeout as wait } from 'node:timers/promises';
import { load, noiseOf, ok, quantile, until, ask } from '../ask.ts';
import { counted, recorded, untilEqual } from '../books.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld } from '../world.ts';

const CAP_NANO = 50_000_000;
const MOST_OVERSHOOT = 0.05;
const REQUESTS = 300;
const REPLICAS = 3;
const FROZEN_MS = 3_000;
const REJOIN_MS = 5_000;
const FIRST_FOR_MS = 150;
const FIRST_SLOWER_MS = 50;
const THEN_SLOWER_MS = 1;

export const cap: Scenario = {
  name: 'one key with $0.05, three replicas, 300 requests, Redis frozen half-way',
  run: async () => {
    await using world = await openWorld({ spend: '$0.05/day' });
    const { must, wrong } = createJudge();
    const { caller } = world;
    const replicas = await world.fleet(REPLICAS);
    const half = REQUESTS / 2 / REPLICAS;
    const before = await load({ replicas, caller, each: half });
    world.redis().signal('SIGSTOP');
    const from = performance.now();
    const during = await load({ replicas, caller, each: half });
    await wait(Math.max(0, FROZEN_MS - (performance.now() - from)));
    world.redis().signal('SIGCONT');
    const isBack = async (): Promise<boolean> =>
      (await Promise.all(replicas.map((replica) => ask(replica, caller)))).every(({ degraded }) => degraded === null);
    const rejoined = await until(isBack, 2 * REJOIN_MS);
    // Far more than the cap allows.
    await load({ replicas, caller, each: 60 });
    const equal = await untilEqual(world, 2 * REJOIN_MS);
    const spent = await recorded(world);
    const overshoot = Math.max(0, spent - CAP_NANO) / CAP_NANO;
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
    must(overshoot <= MOST_OVERSHOOT, `the fleet passed the cap by ${(100 * overshoot).toFixed(1)} %`);
    must(ok(during) > 0, 'nobody was served while Redis was frozen');
    must(spent > 0.8 * CAP_NANO, `only ${spent / 1e9} dollars of the cap could be used`);
    must(first <= FIRST_SLOWER_MS + noiseOf(before, REPLICAS), `the first were ${ms(first)} slower`);
    must(then <= THEN_SLOWER_MS + noiseOf(before, REPLICAS), `later ones were ${ms(then)} slower`);
    must(rejoined !== undefined && rejoined <= REJOIN_MS, `rejoined after ${ms(rejoined)}`);
    must(equal !== undefined && equal <= REJOIN_MS, `counter ${await counted(world)}, ledger ${spent}`);
    const saw =
      `${ok(before)} + ${ok(during)} served, spent $${(spent / 1e9).toFixed(4)}, overshoot ${(100 * overshoot).toFixed(1)} %, ` +
      `first ≤ ${ms(first)} slower, then ${ms(then)} (median before ${ms(usual)}), rejoined ${ms(rejoined)}, books equal ${ms(equal)}`;
    return { saw, wrong };
  },
};
