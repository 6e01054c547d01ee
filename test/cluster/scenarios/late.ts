// Replicas that start before Redis is there: they serve what needs no shared limit, and join when it comes.
import { ask, until } from '../ask.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld } from '../world.ts';

const JOIN_MS = 5_000;

export const late: Scenario = {
  name: 'boot before Redis: serves without it, joins when it comes',
  run: async () => {
    await using world = await openWorld({ redis: 'later', policies: { capped: { limits: { spend: '$1/day' } } } });
    const { must, wrong } = createJudge();
    const { caller } = world;
    const replicas = await world.fleet(2);
    const free = await Promise.all(replicas.map((replica) => ask(replica, caller)));
    const capped = await Promise.all(replicas.map((replica) => ask(replica, caller, { model: 'auto/capped' })));
    must(
      free.every(({ status }) => status === 200),
      `without a limit: ${free.map(({ status }) => status).join(', ')}`,
    );
    must(
      free.every(({ degraded }) => degraded === 'store'),
      'an answer did not say x-bourse-degraded: store',
    );
    must(
      capped.every(({ status }) => status === 503),
      `under a limit: ${capped.map(({ status }) => status).join(', ')}`,
    );
    await world.replaceRedis();
    const joined = await until(async () => {
      const answers = await Promise.all(replicas.map((replica) => ask(replica, caller, { model: 'auto/capped' })));
      return answers.every(({ status, degraded }) => status === 200 && degraded === null);
    }, 2 * JOIN_MS);
    must(joined !== undefined && joined <= JOIN_MS, `joined after ${ms(joined)}`);
    return { saw: `${free.length} served before, under a limit 503, joined ${ms(joined)} after Redis came`, wrong };
  },
};
