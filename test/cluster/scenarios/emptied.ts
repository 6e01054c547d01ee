// Redis dies with all it had and comes back empty: what was spent is put back, and no budget is given out twice.
import { setTimeout as wait } from 'node:timers/promises';
import { ask, load, ok, until } from '../ask.ts';
import { counted, recorded, untilEqual } from '../books.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld } from '../world.ts';

const CAP_NANO = 50_000_000;
const REJOIN_MS = 5_000;

export const emptied: Scenario = {
  name: 'Redis killed and restarted empty, one replica killed before: spending is put back, the cap holds',
  run: async () => {
    await using world = await openWorld({ spend: '$0.05/day' });
    const { must, wrong } = createJudge();
    const { caller } = world;
    const [first, second, third] = await world.fleet(3);
    if (!first || !second || !third) throw new Error('three replicas were started');
    await load({ replicas: [first, second, third], caller, each: 30 });
    // What it spent only the ledger knows from here on.
    await third.kill();
    await wait(500);
    const spentBefore = await recorded(world);
    await world.replaceRedis(300);
    const alive = [first, second];
    const away = await load({ replicas: alive, caller, each: 10, pauseMs: 10 });
    const isBack = async (): Promise<boolean> =>
      (await Promise.all(alive.map((replica) => ask(replica, caller)))).every(
        ({ degraded, status }) => degraded === null && status === 200,
      );
    const rejoined = await until(isBack, 2 * REJOIN_MS);
    await wait(3_000);
    const equal = await untilEqual(world, 2 * REJOIN_MS);
    const [inRedis, inLedger] = [await counted(world), await recorded(world)];
    await load({ replicas: alive, caller, each: 150 });
    const spent = await recorded(world);
    must(spentBefore > 0, 'nothing was spent before');
    must(rejoined !== undefined && rejoined <= REJOIN_MS, `rejoined after ${ms(rejoined)}`);
    must(equal !== undefined && equal <= REJOIN_MS, `counter ${inRedis}, ledger ${inLedger}`);
    must(spent <= CAP_NANO, `spent $${spent / 1e9} of $0.05`);
    must(spent >= 0.8 * CAP_NANO, `only $${spent / 1e9} of $0.05 could be used`);
    const saw =
      `$${(spentBefore / 1e9).toFixed(4)} spent before, ${ok(away)} of ${away.length} served meanwhile, rejoined ${ms(rejoined)}, ` +
      `books equal ${ms(equal)}, $${(spent / 1e9).toFixed(4)} of $0.05 spent in the end`;
    return { saw, wrong };
  },
};
