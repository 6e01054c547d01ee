// One replica reads a price feed for all; when it is killed another takes over.
import { json, startUpstream } from '../../support/upstream.ts';
import { until } from '../ask.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld } from '../world.ts';

/** A feed of every minute is asked for by the next replica within two. */
const TAKEOVER_MS = 150_000;

export const leader: Scenario = {
  name: 'one reader of a feed at a time, and another when it is killed',
  run: async () => {
    const feed = await startUpstream();
    feed.play(
      json({
        'orion/titan-wire': {
          litellm_provider: 'orion',
          mode: 'chat',
          input_cost_per_token: 1e-6,
          output_cost_per_token: 2e-6,
        },
      }),
    );
    try {
      await using world = await openWorld({
        config: { prices: { feeds: { others: 'off', litellm: { url: `${feed.url}/prices.json`, every: '1m' } } } },
      });
      const { must, wrong } = createJudge();
      // One after another, so that the ledger numbers them in this order.
      const replicas = [await world.start('replica-1'), await world.start('replica-2'), await world.start('replica-3')];
      const holder = await world.askRedis((redis) => redis.get('{bourse}:lease:feed/litellm'));
      const reads = feed.seen.length;
      must(reads === 1, `${reads} readings by three replicas at their start`);
      const at = Number(holder?.split('/')[0]) - 1;
      await replicas[at]?.kill();
      const took = await until(async () => feed.seen.length > reads, TAKEOVER_MS);
      const next = await world.askRedis((redis) => redis.get('{bourse}:lease:feed/litellm'));
      must(replicas[at] !== undefined, `the lease was held by ${holder}`);
      must(took !== undefined, 'nobody took over');
      must(feed.seen.length === reads + 1, `${feed.seen.length - reads} readings after that`);
      must(next !== null && next !== holder, 'the lease is held by the dead one');
      return { saw: `${reads} reading by three, the next ${ms(took)} after its reader was killed, by another`, wrong };
    } finally {
      await feed.close();
    }
  },
};
