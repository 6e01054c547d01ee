// Bourse as a process of its own that tells, when it is asked, what it holds: memory after a collection, sockets, timers.
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { createLagMeter } from '../../src/http/pressure.ts';
import { seededRng, systemClock } from '../../src/world.ts';
import { collect } from './collect.ts';
import { plantLeak } from './leak.ts';

export type Held = {
  /** Of the process, bytes. */
  readonly rss: number;
  /** Of all threads. */
  readonly heap: number;
  /** By kind, as node:process names them. */
  readonly resources: Readonly<Record<string, number>>;
  /** p99 of what the event loop was late since last asked, ms. */
  readonly lateMs: number;
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const meter = createLagMeter();
/** A collection that is forced holds everybody up, on a busy machine for a second: that is not the router's lateness, and nobody is turned away for it. */
let collecting = false;
const ON_TIME = { meanMs: 0, longestMs: 0 };
const OVER_MS = 50;

const app = await createApp(loadConfig(process.argv[2]), {
  clock: systemClock,
  rng: seededRng(7),
  say,
  log: { write: () => undefined },
  lag: {
    take: () => {
      const lag = meter.take();
      return collecting ? ON_TIME : lag;
    },
    stop: () => meter.stop(),
  },
});
plantLeak(app.server.server, Number(process.argv[3] ?? 0));
await app.server.listen({ host: '127.0.0.1', port: 0 });
const late = monitorEventLoopDelay();
late.enable();

const measure = async (): Promise<Held> => {
  const lateMs = late.percentile(99) / 1e6;
  collecting = true;
  const heap = await collect();
  const rss = process.memoryUsage.rss();
  // By then the timers that were held up have fired.
  await systemClock.sleep(OVER_MS);
  late.reset();
  meter.take();
  collecting = false;
  const kinds = Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind);
  return {
    rss,
    heap,
    resources: Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length])),
    lateMs,
  };
};

process.on('message', (word) => {
  if (word === 'measure') void measure().then((held) => process.send?.(held));
  else void app.close({ graceMs: 10_000 }).then(() => process.disconnect?.());
});
process.send?.((app.server.server.address() as AddressInfo).port);
