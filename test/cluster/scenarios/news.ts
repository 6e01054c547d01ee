// What one replica sees, the others act on within a second: a price, a void key, an offer that rests, a judgement of an answer.
import type { AddressInfo } from 'node:net';
import { createApp } from '../../../src/app.ts';
import { loadConfig } from '../../../src/config.ts';
import { seededRng, systemClock } from '../../../src/world.ts';
import { says } from '../../support/answers.ts';
import { runBourse } from '../../support/process.ts';
import { json, type Script } from '../../support/upstream.ts';
import { ask, get, post, until } from '../ask.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld, type Replica, type World } from '../world.ts';

const IN_EFFECT_MS = 1_000;
/** On top, for a machine that does much else. */
const LOADED_MS = 500;
const MODEL = 'lab/titan';
const OFFER = `orion:${MODEL}`;

const listAt = (usd: number): Script =>
  json({
    object: 'list',
    data: [{ id: 'titan-wire', pricing: { prompt: (usd / 1e6).toFixed(12), completion: '0.000002' } }],
  });

/** Asks two sellers of one model; the first prices itself, and says what it is told. */
const openNews = () =>
  openWorld({
    sellers: [
      {
        name: 'orion',
        dialect: 'chat',
        sells: [{ model: MODEL, price: null, maxOutput: '100' }],
        prices_path: '/models',
      },
      { name: 'vega', dialect: 'chat', sells: [{ model: 'lab/oracle', price: [1, 2], maxOutput: '100' }] },
    ],
    config: { prices: { feeds: { others: 'off' } } },
  });

/** One of the replicas runs in this process, so that it can be told to read its feeds now. */
const openDriver = async (world: World) => {
  const { file, env } = world.settle('driver');
  const app = await createApp(loadConfig(file, env), { clock: systemClock, rng: seededRng(1), say: () => undefined });
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.server.address() as AddressInfo;
  const replica = {
    url: `http://127.0.0.1:${port}`,
    folder: '',
    err: () => '',
    kill: () => app.close(),
    stop: () => app.close(),
  };
  return { app, replica: replica satisfies Replica };
};

type Row = { readonly offer: string; readonly state: string | null; readonly input_usd_per_million: number | null };
const rowOn = async (world: World, replica: Replica, offer: string): Promise<Row | undefined> => {
  const { data } = await get(replica, world.caller, '/v1/prices');
  return data.find((row: Row) => row.offer === offer);
};

const meansOn = async (world: World, replica: Replica): Promise<string> => {
  const body = { model: 'auto', messages: [{ role: 'user', content: 'Say hello.' }] };
  const { ladder } = await post(replica, world.caller, '/v1/route', body);
  return JSON.stringify(
    ladder.map(({ offer, quality }: { offer: string; quality: { mean: number } }) => [offer, quality.mean]).sort(),
  );
};

/** Until all of them have it. */
const onAll = (
  others: readonly Replica[],
  holds: (replica: Replica) => Promise<boolean>,
): Promise<number | undefined> =>
  until(async () => (await Promise.all(others.map(holds))).every(Boolean), 5 * IN_EFFECT_MS);

const isPriced =
  (world: World, usd: number) =>
  async (replica: Replica): Promise<boolean> =>
    (await rowOn(world, replica, OFFER))?.input_usd_per_million === usd;

/** Replicas that have just started have no thread for prices yet; it takes most of the time. */
const priceMoves = async (
  world: World,
  { app }: Awaited<ReturnType<typeof openDriver>>,
  { others, to }: { readonly others: readonly Replica[]; readonly to: number },
) => {
  world.upstream('orion').play((seen) => (seen.path.endsWith('/models') ? listAt(to) : says('chat', {})(seen)));
  await app.market.refresh.all();
  return onAll(others, isPriced(world, to));
};

const keyGoes = async (world: World, all: readonly Replica[]) => {
  const { file, env, home } = world.settle('operator');
  const { code, err } = await runBourse(['keys', 'revoke', world.spare.id, '--config', file], { cwd: home, env });
  if (code !== 0) throw new Error(`keys revoke: ${err}`);
  return onAll(all, async (replica) => (await ask(replica, world.spare)).status === 401);
};

const offerRests = async (world: World, first: Replica, others: readonly Replica[]) => {
  world.upstream('vega').play({ status: 429, headers: { 'retry-after': '60' }, steps: [{ send: '{}' }] });
  await ask(first, world.caller, { model: 'lab/oracle' });
  return onAll(others, async (replica) => (await rowOn(world, replica, 'vega:lab/oracle'))?.state === 'open');
};

const beliefMoves = async (world: World, first: Replica, others: readonly Replica[]) => {
  const { id } = await ask(first, world.caller, { model: MODEL });
  await post(first, world.caller, '/v1/feedback', { request_id: id, score: 0 });
  const [other] = others;
  const is = await meansOn(world, first);
  return other && onAll(others, async (replica) => (await meansOn(world, replica)) === is);
};

export const news: Scenario = {
  name: 'a price, a void key, a resting offer and a judgement on one replica are in effect on the others within 1 s',
  run: async () => {
    await using world = await openNews();
    const { must, wrong } = createJudge();
    world.upstream('orion').play((seen) => (seen.path.endsWith('/models') ? listAt(3) : says('chat', {})(seen)));
    const driver = await openDriver(world);
    try {
      // Reads first, and so is the one that reads.
      await driver.app.market.refresh.all();
      const [first, second] = await world.fleet(2);
      if (!first || !second) throw new Error('two replicas were started');
      const others = [first, second];
      const had = await onAll(others, isPriced(world, 3));
      must(had !== undefined, 'what was read before they started is not known to the replicas');
      const atStart = await priceMoves(world, driver, { others, to: 4 });
      const price = await priceMoves(world, driver, { others, to: 5 });
      const belief = await beliefMoves(world, first, [second, driver.replica]);
      const rest = await offerRests(world, first, [second, driver.replica]);
      const usable = await ask(second, world.spare, { model: MODEL });
      must(usable.status === 200, `the spare key before: ${usable.status}`);
      const key = await keyGoes(world, [first, second, driver.replica]);
      const later = await world.start('late');
      const after = await until(
        async () => (await ask(later, world.spare, { model: MODEL })).status === 401,
        IN_EFFECT_MS,
      );
      for (const [what, took] of Object.entries({
        'price at the start': atStart,
        price,
        belief,
        'resting offer': rest,
        'void key': key,
      }))
        must(took !== undefined && took <= IN_EFFECT_MS + LOADED_MS, `${what}: ${ms(took)}`);
      must(after !== undefined, 'a replica that started later took the void key');
      const saw = `price ${ms(price)} (just started: ${ms(atStart)}), belief ${ms(belief)}, resting offer ${ms(rest)}, void key ${ms(key)} after the command, also on one started later`;
      return { saw, wrong };
    } finally {
      driver.app.server.server.closeAllConnections();
      await driver.app.close();
    }
  },
};
