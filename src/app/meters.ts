// The metrics of this process: which names may be labels, and where numbers are read that are not counted request by request.
import type { Config } from '../config.ts';
import { createMetrics } from '../http/metrics.ts';
import type { LivePolicies } from '../policy/watch.ts';
import type { Degraded } from './cluster.ts';
import type { OpenMarket } from './market.ts';
import type { PriceMemory } from './price-memory.ts';

export type Counted = {
  readonly market: OpenMarket;
  readonly memory: PriceMemory;
  readonly policies: LivePolicies;
  readonly degraded: () => readonly Degraded[];
};

export const openMetrics = (config: Config, { market, memory, policies, degraded }: Counted) => {
  const { offers, latency } = market;
  const providers = new Set(config.providers.map(({ name }) => name));
  const keys = new Set<string>(offers.map(({ key }) => key));
  const policy = (name: string): boolean => policies.get(name) !== undefined;
  const known = { policy, provider: (name: string) => providers.has(name), offer: (key: string) => keys.has(key) };
  return createMetrics({ known, latencyAges: () => latency.ages(), prices: memory.numbers, degraded });
};
