// What sharing costs: CPU per request beside the embedded default, and requests a second of two replicas beside one, which is judged only where cores allow.
import { availableParallelism } from 'node:os';
import { type Answered, load, ok } from '../ask.ts';
import { createJudge, type Scenario } from '../scenario.ts';
import { openWorld, type Replica, type World } from '../world.ts';

const WARM = 300;
const MEASURED = 1_500;
const AT_ONCE = 8;
const ROUNDS = 4;
const MOST_SHARE = 0.15;
const CORES = 4;
const LEAST_SPEEDUP = 1.8;

const cpuSeconds = async (world: World, replica: Replica): Promise<number> => {
  const headers = { authorization: world.caller.authorization };
  const text = await (await fetch(`${replica.url}/metrics`, { headers })).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
};

const burst = async (world: World, replicas: readonly Replica[], count: number): Promise<readonly Answered[]> =>
  (
    await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        load({ replicas, caller: world.caller, each: Math.ceil(count / AT_ONCE / replicas.length) }),
      ),
    )
  ).flat();

/** Milliseconds of CPU per request. */
const cpuPerRequest = async ({ world, replica }: { world: World; replica: Replica }): Promise<number> => {
  const before = await cpuSeconds(world, replica);
  const answers = await burst(world, [replica], MEASURED);
  return (1_000 * ((await cpuSeconds(world, replica)) - before)) / ok(answers);
};

const perSecond = async (world: World, replicas: readonly Replica[]): Promise<number> => {
  const from = performance.now();
  const answers = await burst(world, replicas, MEASURED);
  return (1_000 * ok(answers)) / (performance.now() - from);
};

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

export const cpu: Scenario = {
  name: 'CPU per request: shared against embedded',
  run: async () => {
    const kinds = {
      embedded: { redis: 'none', database: 'none' },
      'Redis, SQLite': { database: 'none' },
      'Redis, PostgreSQL': {},
    } as const;
    await using worlds = new AsyncDisposableStack();
    const places: { kind: string; world: World; replica: Replica }[] = [];
    for (const [kind, terms] of Object.entries(kinds)) {
      const world = worlds.use(await openWorld(terms));
      const replica = await world.start('replica-1');
      await burst(world, [replica], WARM);
      places.push({ kind, world, replica });
    }
    const measured: Record<string, number> = {};
    // In turns, and the least counts: a neighbour on this machine only ever adds.
    for (let round = 0; round < ROUNDS; round += 1)
      for (const { kind, ...place } of places)
        measured[kind] = Math.min(measured[kind] ?? Infinity, await cpuPerRequest(place));
    const more = (kind: keyof typeof kinds): number => (measured[kind] ?? 0) / (measured['embedded'] ?? 1) - 1;
    const { must, wrong } = createJudge();
    for (const kind of ['Redis, SQLite', 'Redis, PostgreSQL'] as const)
      must(more(kind) <= MOST_SHARE, `${kind}: sharing takes ${percent(more(kind))} more`);
    const saw = Object.entries(measured).map(([kind, each]) => `${kind} ${each.toFixed(3)} ms`);
    return {
      saw: `${saw.join(', ')}: ${percent(more('Redis, SQLite'))} and ${percent(more('Redis, PostgreSQL'))} more`,
      wrong,
    };
  },
};

export const throughput: Scenario = {
  name: 'throughput of two replicas against one',
  run: async () => {
    await using world = await openWorld();
    const { must, wrong } = createJudge();
    const [first, second] = await world.fleet(2);
    if (!first || !second) throw new Error('two replicas were started');
    await burst(world, [first, second], WARM);
    const one = await perSecond(world, [first]);
    const two = await perSecond(world, [first, second]);
    const judged = availableParallelism() >= CORES;
    must(!judged || two / one >= LEAST_SPEEDUP, `${(two / one).toFixed(2)} times as many`);
    const saw = `${one.toFixed(0)} and ${two.toFixed(0)} requests a second, ${(two / one).toFixed(2)} times`;
    return { saw: `${saw}${judged ? '' : `; not judged on ${availableParallelism()} cores`}`, wrong };
  },
};
