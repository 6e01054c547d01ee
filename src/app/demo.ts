// The demo's configuration: the simulated world as if its providers stood in bourse.yaml. Prices come from its feeds alone.
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { timeoutsOf } from '../config/patience.ts';
import { ZERO_USD } from '../core/money.ts';
import type { World } from '../demo/upstreams.ts';

export const DEMO_POLICIES = join(import.meta.dirname, '../demo/policies');

export type DemoPlace = { readonly data: string; readonly port: number };

export const demoConfig = ({ providers, feeds }: World, { data, port }: DemoPlace): Config => ({
  host: '127.0.0.1',
  port,
  providers: providers.map(({ name, dialect, baseUrl, key, modelsUrl, offers }) => ({
    name,
    dialect,
    baseUrl,
    key,
    ...(modelsUrl === undefined ? {} : { pricesPath: '/models' }),
    data: { training: 'never', retention: 'none', regions: ['local'], selfHosted: true },
    offers: offers.map(({ model, wireId, context, capabilities }) => ({
      model,
      wire_id: wireId,
      context,
      ...capabilities,
    })),
  })),
  warnings: [],
  keys: [],
  allow: [],
  prices: { feeds: { others: { off: true }, litellm: { url: feeds.mapUrl } } },
  // The same seed shall tell the same story: nothing is asked beside the workload.
  probes: { perDay: ZERO_USD, share: 0, schedule: '*/10 * * * *' },
  timeouts: timeoutsOf({}),
  drain: { noticeMs: 0, graceMs: 0 },
  policies: DEMO_POLICIES,
  data,
  durability: 'process',
  log: 'error',
});
