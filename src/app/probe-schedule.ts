// When offers are looked through for a probe: as the configuration's cron says, at a moment of its own in every process.
import { randomUUID } from 'node:crypto';
import { schedule } from 'node-cron';
import type { Config } from '../config.ts';
import type { Metrics } from '../http/metrics.ts';
import { createProbing, type Probing, type ProbingDeps } from './probing.ts';

/** Processes that keep the same time must not ask at the same second. */
const SPREAD_MS = 30_000;

type Parts = Omit<ProbingDeps, 'terms' | 'process' | 'recallsCounter' | 'onProbed'> & { readonly metrics: Metrics };

export const startProbing = ({ probes, redis }: Config, { metrics, ...deps }: Parts): Probing => {
  const probing = createProbing({
    ...deps,
    terms: probes,
    process: randomUUID(),
    recallsCounter: redis === undefined,
    onProbed: (outcome) => metrics.probed(outcome),
  });
  if (probes.perDay === 0) return probing;
  const options = { noOverlap: true, maxRandomDelay: SPREAD_MS, timezone: 'UTC' };
  const task = schedule(probes.schedule, () => void probing.run(), options);
  return {
    ...probing,
    stop: async () => {
      await task.destroy();
      await probing.stop();
    },
  };
};
