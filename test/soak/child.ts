// Bourse as a process of its own that tells, when it is asked, what it holds: memory after a collection, sockets, timers.
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { seededRng, systemClock } from '../../src/world.ts';

export type Held = {
  readonly rss: number;
  readonly heap: number;
  /** By kind, as node:process names them. */
  readonly resources: Readonly<Record<string, number>>;
  /** p99 of what the event loop was late since last asked, ms. */
  readonly lateMs: number;
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const app = await createApp(loadConfig(process.argv[2]), {
  clock: systemClock,
  rng: seededRng(7),
  say,
  log: { write: () => undefined },
});
await app.server.listen({ host: '127.0.0.1', port: 0 });
const late = monitorEventLoopDelay();
late.enable();

const measure = (): Held => {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const kinds = Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind);
  const held = {
    rss,
    heap: heapUsed + external,
    resources: Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length])),
    lateMs: late.percentile(99) / 1e6,
  };
  late.reset();
  return held;
};

process.on('message', (word) => {
  if (word === 'measure') process.send?.(measure());
  else void app.close({ graceMs: 10_000 }).then(() => process.disconnect?.());
});
process.send?.((app.server.server.address() as AddressInfo).port);
