// What it costs the thread that answers requests when every feed is read anew: pauses of its event loop, CPU, memory; in its own thread and in another.
// node benchmarks/merge.ts [--feeds DIR] [--save | --out FILE]     DIR: saved feeds, named as for pricing/build-snapshot.ts
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { declaredFirst } from '../src/app/declared.ts';
import { feedsOf } from '../src/app/feeds.ts';
import { createPriceThread } from '../src/app/price-thread.ts';
import { PRICING } from '../src/app/pricing-files.ts';
import { loadConfig } from '../src/config.ts';
import { createCanonicaliser } from '../src/market/identity.ts';
import { loadAliases } from '../src/market/identity-aliases.ts';
import { createRefresh } from '../src/market/refresh.ts';
import { createPriceBoard, createPriceTable, type PriceBoard } from '../src/market/sheets.ts';
import { readSnapshot } from '../src/market/snapshot.ts';
import { seededRng, systemClock } from '../src/world.ts';
import { machine, resultPath, writeResult } from './machine.ts';

const FEEDS = {
  litellm: 'litellm-',
  'models.dev': 'models.dev-',
  'genai-prices': 'genai-prices-v2-',
  openrouter: 'openrouter-models-',
};
const ROUNDS = 5;
const CALM_MS = 300;

/** The lists, from a process of its own: reading files must not be held against the router. Each answer is a new revision. */
const serveLists = (directory: string): void => {
  const files = readdirSync(directory).toSorted();
  const lists = new Map(
    Object.entries(FEEDS).map(([name, prefix]) => {
      const file = files.findLast((each) => each.startsWith(prefix) && each.endsWith('.json'));
      if (!file) throw new Error(`no ${prefix}YYYY-MM-DD.json in ${directory}`);
      return [`/${name}`, readFileSync(join(directory, file))];
    }),
  );
  let answers = 0;
  const server = createServer((request, response) => {
    answers += 1;
    response.end(
      Buffer.concat([lists.get(request.url ?? '') ?? Buffer.from('{}'), Buffer.from(' '.repeat(answers % 1000))]),
    );
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
};

type Row = {
  readonly name: string;
  /** Of the event loop of the thread that answers requests. */
  readonly longestPauseMs: number;
  readonly p99PauseMs: number;
  /** The most CPU that thread used between two turns: what a pause would be on a machine that does nothing else. */
  readonly longestTurnCpuMs: number;
  readonly wallMs: number;
  /** Of that thread alone. */
  readonly threadCpuMs: number;
  readonly processCpuMs: number;
  readonly rssMiB: number;
};

const RESOLUTION_MS = 1;

const cpuMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

/** Looks every millisecond at how much CPU this thread has used since the last look. */
const watchTurns = () => {
  let longest = 0;
  let last = process.threadCpuUsage();
  const timer = setInterval(() => {
    longest = Math.max(longest, cpuMs(process.threadCpuUsage(last)));
    last = process.threadCpuUsage();
  }, 1);
  return () => {
    clearInterval(timer);
    return Math.max(longest, cpuMs(process.threadCpuUsage(last)));
  };
};

/** Pauses are what the timer of the histogram was late; its own interval is taken off. */
const measured = async (name: string, work: () => Promise<unknown>): Promise<Row> => {
  await wait(CALM_MS);
  const pauses = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const [thread, all, start] = [process.threadCpuUsage(), process.cpuUsage(), performance.now()];
  const longestTurn = watchTurns();
  pauses.enable();
  await work();
  const longestTurnCpuMs = longestTurn();
  pauses.disable();
  const wallMs = performance.now() - start;
  const round = (value: number) => Number(value.toFixed(1));
  return {
    name,
    longestPauseMs: round(Math.max(0, pauses.max / 1e6 - RESOLUTION_MS)),
    p99PauseMs: round(Math.max(0, pauses.percentile(99) / 1e6 - RESOLUTION_MS)),
    longestTurnCpuMs: round(longestTurnCpuMs),
    wallMs: round(wallMs),
    threadCpuMs: round(cpuMs(process.threadCpuUsage(thread))),
    processCpuMs: round(cpuMs(process.cpuUsage(all))),
    rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
};

const run = async (directory: string) => {
  const lists = fork(import.meta.filename, ['--serve', directory]);
  const port = await new Promise<unknown>((resolve) => lists.once('message', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'bourse-merge-'));
  const urls = Object.keys(FEEDS).map((name) => [name, { url: `http://127.0.0.1:${String(port)}/${name}` }]);
  const file = join(folder, 'bourse.yaml');
  writeFileSync(file, JSON.stringify({ prices: { feeds: { others: 'off', ...Object.fromEntries(urls) } } }));
  const config = loadConfig(file, {});
  const seed = readSnapshot(join(PRICING, 'prices.json'));
  const faults: string[] = [];
  const world = {
    clock: systemClock,
    rng: seededRng(1),
    mayRead: () => Promise.resolve(true),
    onChange: () => undefined,
    onFault: (feed: string, why: string) => void faults.push(`${feed}: ${why}`),
    onSpeeds: () => undefined,
  };
  const board: PriceBoard = createPriceBoard({ seed });
  const thread = createPriceThread({ ...world, config, offers: [], reads: true, board });
  const table = createPriceTable({
    canonicalise: declaredFirst(config, createCanonicaliser(loadAliases(join(PRICING, 'aliases.json')))),
    seed,
  });
  const direct = createRefresh({
    ...world,
    feeds: feedsOf(config, systemClock, { offers: [], known: seed.rows }),
    table,
  });

  const rows: Row[] = [];
  rows.push(await measured('nothing', () => wait(1500)));
  rows.push(await measured('other thread, first', () => thread.all()));
  for (let round = 0; round < ROUNDS; round += 1) rows.push(await measured('other thread', () => thread.all()));
  const offers = board.all(systemClock.now()).length;
  await thread.stop();
  rows.push(await measured('own thread, first', () => direct.all()));
  for (let round = 0; round < ROUNDS; round += 1) rows.push(await measured('own thread', () => direct.all()));
  lists.disconnect();
  rmSync(folder, { recursive: true, force: true });
  if (faults.length > 0) throw new Error(faults.join('; '));
  return { rows, offers };
};

const { values } = parseArgs({
  options: {
    feeds: { type: 'string', default: join(import.meta.dirname, '../../shared/data/feeds') },
    serve: { type: 'string' },
    save: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
if (values.serve !== undefined) serveLists(values.serve);
else {
  const { rows, offers } = await run(values.feeds);
  console.log(`${offers} offers, load ${loadavg()[0]?.toFixed(1)}`);
  console.table(rows);
  const result = { what: 'merge', unit: 'ms', machine: machine(), offers, rows } as const;
  const path = values.out ?? (values.save ? resultPath('merge', result.machine) : undefined);
  if (path !== undefined) writeResult(path, result);
}
