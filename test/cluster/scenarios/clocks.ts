// Wall clocks ten minutes off, in both directions: one cap, one set of beliefs, prices and rests in effect at once, and lost words found again.
import { ask, get, load, post, until } from '../ask.ts';
import { recorded, untilEqual } from '../books.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld, type Replica, type World } from '../world.ts';
import { says } from '../../support/answers.ts';

const CAP_NANO = 50_000_000;
const MOST_OVERSHOOT = 0.05;
const OFF_MS = 600_000;
const IN_EFFECT_MS = 1_500;
const SETTLED_MS = 5_000;
const DAY_MS = 86_400_000;
const SKEW = new URL('../../support/skewed-clock.ts', import.meta.url).href;

/** What does not lie in another day: windows are of the calendar, and a clock that is wrong about the day is right about nothing. */
const skewsNow = (): readonly number[] => {
  const day = (at: number): number => Math.floor(at / DAY_MS);
  return [OFF_MS, -OFF_MS].filter((off) => day(Date.now() + off) === day(Date.now()));
};

/** Three decimals: each ages what it believes by its own clock. */
const meansOn = async (world: World, replica: Replica): Promise<string> => {
  const body = { model: 'auto', messages: [{ role: 'user', content: 'Say hello.' }] };
  const { ladder } = await post(replica, world.caller, '/v1/route', body);
  return JSON.stringify(
    ladder
      .map(({ offer, quality }: { offer: string; quality: { mean: number } }) => [offer, quality.mean.toFixed(3)])
      .sort(),
  );
};

const onAll = async (replicas: readonly Replica[], holds: (replica: Replica) => Promise<boolean>) =>
  until(async () => (await Promise.all(replicas.map(holds))).every(Boolean), SETTLED_MS);

/** Each in turn judges an answer of its own; in effect when all believe the same. */
const judged = async (world: World, replicas: readonly Replica[]): Promise<number | undefined> => {
  let slowest: number | undefined = 0;
  for (const [index, replica] of replicas.entries()) {
    const { id } = await ask(replica, world.caller, { model: 'lab/titan' });
    await post(replica, world.caller, '/v1/feedback', { request_id: id, score: index % 2 });
    const is = await meansOn(world, replica);
    const took = await onAll(replicas, async (other) => (await meansOn(world, other)) === is);
    slowest = took === undefined || slowest === undefined ? undefined : Math.max(slowest, took);
  }
  return slowest;
};

const rests = async (world: World, [first, ...others]: readonly Replica[]): Promise<number | undefined> => {
  if (!first) return undefined;
  world.upstream('vega').play({ status: 429, headers: { 'retry-after': '60' }, steps: [{ send: '{}' }] });
  await ask(first, world.spare, { model: 'lab/oracle' });
  const took = await onAll(others, async (replica) => {
    const { data } = await get(replica, world.spare, '/v1/prices');
    return data.find(({ offer }: { offer: string }) => offer === 'vega:lab/oracle')?.state === 'open';
  });
  world.upstream('vega').play(says('chat', {}));
  return took;
};

export const clocks: Scenario = {
  name: 'replicas whose wall clocks are ten minutes off: the cap holds, news are in effect, beliefs are the same',
  run: async () => {
    await using world = await openWorld({
      spend: '$0.05/day',
      sellers: [
        { name: 'orion', dialect: 'chat', sells: [{ model: 'lab/titan', price: [1, 2], maxOutput: '100' }] },
        { name: 'vega', dialect: 'chat', sells: [{ model: 'lab/oracle', price: [1, 2], maxOutput: '100' }] },
      ],
    });
    const { must, wrong } = createJudge();
    const skewed = skewsNow().map((off) =>
      world.start(`off-${off}`, { env: { NODE_OPTIONS: `--import ${SKEW}`, BOURSE_TEST_SKEW_MS: String(off) } }),
    );
    const replicas = await Promise.all([world.start('right'), ...skewed]);
    const belief = await judged(world, replicas);
    const rest = await rests(world, replicas.toReversed());
    // Far more than the cap allows.
    await load({ replicas, caller: world.caller, each: 150 });
    const equal = await untilEqual(world, 2 * SETTLED_MS);
    const spent = await recorded(world);
    const overshoot = Math.max(0, spent - CAP_NANO) / CAP_NANO;
    must(replicas.length > 1, 'no clock could be put off today');
    must(belief !== undefined && belief <= IN_EFFECT_MS, `belief: ${ms(belief)}`);
    must(rest !== undefined && rest <= IN_EFFECT_MS, `resting offer: ${ms(rest)}`);
    must(overshoot <= MOST_OVERSHOOT, `the fleet passed the cap by ${(100 * overshoot).toFixed(1)} %`);
    must(spent > 0.8 * CAP_NANO, `only $${spent / 1e9} of the cap could be used`);
    must(equal !== undefined && equal <= SETTLED_MS, `counter and ledger: ${ms(equal)}`);
    const saw = `${replicas.length} replicas, belief ${ms(belief)}, resting offer ${ms(rest)}, spent $${(spent / 1e9).toFixed(4)}, overshoot ${(100 * overshoot).toFixed(1)} %, books equal ${ms(equal)}`;
    return { saw, wrong };
  },
};
