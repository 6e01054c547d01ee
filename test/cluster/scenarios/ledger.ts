// PostgreSQL frozen, gone and back under traffic: requests go on, what they recorded waits on disk, and each arrives once.
import { setTimeout as wait } from 'node:timers/promises';
import { type Answered, load, ok, until } from '../ask.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld, type World } from '../world.ts';

const DELIVERED_MS = 30_000;

type Trouble = {
  readonly name: string;
  readonly begin: (world: World) => unknown;
  readonly end: (world: World) => Promise<unknown> | void;
};

const TROUBLES: readonly Trouble[] = [
  {
    name: 'frozen (SIGSTOP)',
    begin: (world) => world.postgres().signal('SIGSTOP'),
    end: (world) => world.postgres().signal('SIGCONT'),
  },
  {
    name: 'killed and restarted',
    begin: (world) => world.postgres().signal('SIGKILL'),
    end: (world) => world.postgres().restart(),
  },
];

/** How often each of these requests stands in the ledger: once, all of them. */
const isWhole = async (world: World, answers: readonly Answered[]): Promise<boolean> => {
  const ids = answers.filter(({ status }) => status === 200).map(({ id }) => id);
  const [row] = await world.askPostgres(
    `select count(*)::int as rows, count(distinct request_id)::int as requests from bourse.outcomes where request_id = any($1) and recovered = 0`,
    [ids],
  );
  return row?.['rows'] === ids.length && row['requests'] === ids.length;
};

const scenario = ({ name, begin, end }: Trouble): Scenario => ({
  name: `PostgreSQL ${name}: requests go on, records are delivered exactly once`,
  run: async () => {
    await using world = await openWorld();
    const { must, wrong } = createJudge();
    const { caller } = world;
    const replicas = await world.fleet(2);
    const before = await load({ replicas, caller, each: 20 });
    begin(world);
    await wait(200);
    const during = await load({ replicas, caller, each: 100, pauseMs: 60 });
    const told = during.filter(({ degraded }) => degraded?.includes('ledger')).length;
    await end(world);
    const delivered = await until(() => isWhole(world, [...before, ...during]), DELIVERED_MS);
    const after = await load({ replicas, caller, each: 10 });
    must(ok(during) === during.length, `${during.length - ok(during)} of ${during.length} requests failed meanwhile`);
    must(told > 0, 'no answer said x-bourse-degraded: ledger');
    must(delivered !== undefined, 'not every request stands in the ledger once');
    must(ok(after) === after.length, 'requests failed afterwards');
    must((await until(() => isWhole(world, after), DELIVERED_MS)) !== undefined, 'what came later was not delivered');
    const saw = `${ok(during)} of ${during.length} answered meanwhile, ${told} said degraded, all delivered once ${ms(delivered)} after it was back`;
    return { saw, wrong };
  },
});

export const ledgerTroubles: readonly Scenario[] = TROUBLES.map(scenario);
