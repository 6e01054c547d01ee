// PostgreSQL of no use for a while, under traffic: requests go on, what they recorded waits on disk, and each arrives once.
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { type Answered, load, ok, until } from '../ask.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld, type World } from '../world.ts';

const DELIVERED_MS = 30_000;

type Trouble = {
  readonly name: string;
  readonly begin: (world: World) => unknown;
  readonly end: (world: World) => Promise<unknown> | void;
  /** What was recorded before it is gone. */
  readonly losesAll?: boolean;
};

/** Everybody's connections end, and new ones find what has changed. */
const CUT = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bourse'`;

/** Another user, whom nothing of this stops. */
const asKeeper = async (world: World, ...statements: readonly string[]): Promise<void> => {
  const url = new URL(world.postgresUrl);
  url.username = 'keeper';
  const client = new Client({ connectionString: url.href, options: '-c default_transaction_read_only=off' });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
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
  {
    name: 'read-only',
    begin: (world) => asKeeper(world, 'alter system set default_transaction_read_only = on', 'select pg_reload_conf()'),
    end: (world) => asKeeper(world, 'alter system reset default_transaction_read_only', 'select pg_reload_conf()'),
  },
  {
    name: 'refusing the user',
    begin: (world) => asKeeper(world, 'alter role bourse nologin', CUT),
    end: (world) => asKeeper(world, 'alter role bourse login'),
  },
  {
    name: 'behind a partition, with Redis',
    begin: ({ valves }) => {
      valves.postgres?.shut('frozen');
      valves.redis?.shut('frozen');
    },
    // What was under way is lost as well, as after a partition that took long.
    end: ({ valves }) => {
      for (const valve of [valves.postgres, valves.redis]) {
        valve?.shut('cut');
        valve?.open();
      }
    },
  },
  {
    name: 'emptied: its tables are gone',
    begin: (world) => asKeeper(world, 'drop schema bourse cascade'),
    end: () => undefined,
    losesAll: true,
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

const scenario = ({ name, begin, end, losesAll = false }: Trouble): Scenario => ({
  name: `PostgreSQL ${name}: requests go on, records are delivered exactly once`,
  run: async () => {
    await using world = await openWorld({ valves: true });
    await world.askPostgres('create role keeper superuser login');
    const { must, wrong } = createJudge();
    const { caller } = world;
    const replicas = await world.fleet(2);
    const before = await load({ replicas, caller, each: 20 });
    await begin(world);
    await wait(200);
    // Ten seconds: a frozen database is noticed after five.
    const during = await load({ replicas, caller, each: 100, pauseMs: 100 });
    const told = during.filter(({ degraded }) => degraded?.includes('ledger')).length;
    await end(world);
    const delivered = await until(() => isWhole(world, losesAll ? during : [...before, ...during]), DELIVERED_MS);
    const after = await load({ replicas, caller, each: 10 });
    must(ok(during) === during.length, `${during.length - ok(during)} of ${during.length} requests failed meanwhile`);
    must(told > 0 || losesAll, 'no answer said x-bourse-degraded: ledger');
    must(delivered !== undefined, 'not every request stands in the ledger once');
    must(ok(after) === after.length, 'requests failed afterwards');
    must((await until(() => isWhole(world, after), DELIVERED_MS)) !== undefined, 'what came later was not delivered');
    const saw = `${ok(during)} of ${during.length} answered meanwhile, ${told} said degraded, all delivered once ${ms(delivered)} after it was back`;
    return { saw, wrong };
  },
});

export const ledgerTroubles: readonly Scenario[] = TROUBLES.map(scenario);
