// A replica that is killed holding slices of a cap: they are free again soon, and the others may spend them.
import { ask, load, until } from '../ask.ts';
import { counted, recorded, untilEqual } from '../books.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld } from '../world.ts';

const CAP_NANO = 50_000_000;
const FREE_MS = 45_000;

export const dead: Scenario = {
  name: 'a replica killed with slices in hand: they are free again, the cap holds',
  run: async () => {
    await using world = await openWorld({ spend: '$0.05/day' });
    const { must, wrong } = createJudge();
    const { caller } = world;
    const [first, second] = await world.fleet(2);
    if (!first || !second) throw new Error('two replicas were started');
    await load({ replicas: [first, second], caller, each: 20 });
    await second.kill();
    const locked = (await counted(world)) - (await recorded(world));
    const free = await untilEqual(world, FREE_MS);
    // Nothing is reserved until all have had their time to tell what they hold.
    const open = await until(async () => (await ask(first, caller)).status === 200, FREE_MS);
    await load({ replicas: [first], caller, each: 300 });
    const spent = await recorded(world);
    must(locked > 0, 'it held nothing when it was killed');
    must(free !== undefined, `counter ${await counted(world)}, ledger ${await recorded(world)}`);
    must(open !== undefined, 'nobody is served any more');
    must(spent <= CAP_NANO, `spent $${spent / 1e9} of $0.05`);
    must(spent >= 0.9 * CAP_NANO, `only $${spent / 1e9} of $0.05 could be used`);
    return {
      saw: `$${(locked / 1e9).toFixed(4)} held at its death, free after ${ms(free)}, $${(spent / 1e9).toFixed(4)} of $0.05 spent in the end`,
      wrong,
    };
  },
};
