// Redis and PostgreSQL behind TLS with a certificate of one's own: believed where it is named, refused where it is not, and no slower to come back.
import { setTimeout as wait } from 'node:timers/promises';
import { load, ok, until, ask } from '../ask.ts';
import { recorded, untilEqual } from '../books.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld, type World } from '../world.ts';

const REJOIN_MS = 5_000;
const FROZEN_MS = 2_000;

/** Connections of replicas to PostgreSQL, and how many of them are encrypted. */
const encrypted = async (world: World): Promise<{ readonly all: number; readonly secure: number }> => {
  const [row] = await world.askPostgres(
    `select count(*)::int as all, count(*) filter (where s.ssl)::int as secure
      from pg_stat_activity a join pg_stat_ssl s using (pid) where a.application_name = 'bourse'`,
  );
  return { all: Number(row?.['all']), secure: Number(row?.['secure']) };
};

/** Why one that does not know the certificate did not start; undefined: it did. */
const stranger = async (world: World): Promise<string | undefined> =>
  world.start('stranger', { env: { NODE_EXTRA_CA_CERTS: '' } }).then(
    () => undefined,
    (fault: unknown) => String(fault),
  );

export const secure: Scenario = {
  name: 'TLS to Redis and PostgreSQL: a certificate is checked, Redis frozen and PostgreSQL restarted as ever',
  run: async () => {
    await using world = await openWorld({ spend: '$1/day', secure: true });
    const { must, wrong } = createJudge();
    const { caller } = world;
    const replicas = await world.fleet(2);
    const before = await load({ replicas, caller, each: 20 });
    const { all, secure: inside } = await encrypted(world);
    const refused = await stranger(world);
    world.redis().signal('SIGSTOP');
    const during = await load({ replicas, caller, each: 30, pauseMs: 20 });
    await wait(FROZEN_MS);
    world.redis().signal('SIGCONT');
    const isBack = async (): Promise<boolean> =>
      (await Promise.all(replicas.map((replica) => ask(replica, caller)))).every(
        ({ degraded, status }) => degraded === null && status === 200,
      );
    const rejoined = await until(isBack, 2 * REJOIN_MS);
    await world.postgres().restart();
    const after = await load({ replicas, caller, each: 20, pauseMs: 10 });
    const equal = await untilEqual(world, 2 * REJOIN_MS);
    const answered = [...before, ...during, ...after];
    must(ok(answered) === answered.length, `${answered.length - ok(answered)} of ${answered.length} requests failed`);
    must(all > 0 && inside === all, `${inside} of ${all} connections to PostgreSQL are encrypted`);
    must(refused !== undefined, 'a replica that does not know the certificate started all the same');
    must(rejoined !== undefined && rejoined <= REJOIN_MS, `rejoined after ${ms(rejoined)}`);
    must(equal !== undefined && equal <= REJOIN_MS, `counter and ledger differ: ledger ${await recorded(world)}`);
    const saw = `${ok(answered)} of ${answered.length} answered, ${inside} of ${all} connections encrypted, one without the certificate refused, rejoined ${ms(rejoined)}, books equal ${ms(equal)}`;
    return { saw, wrong };
  },
};
