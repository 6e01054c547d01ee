// The demo's configuration: the simulated world as if its providers stood in bourse.yaml. Prices come from its feeds alone.
import { join } from 'node:path';
import type { Config } from '../config.ts';
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
  prices: { feeds: { litellm: { url: feeds.mapUrl } } },
  policies: DEMO_POLICIES,
  data,
  durability: 'process',
  log: 'error',
});
