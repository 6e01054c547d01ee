// What Bourse adds to a call, beside a bare proxy in the same run: rounds interleaved, the order reversed each round, fresh processes.
// node benchmarks/overhead.ts [--rounds 4] [--requests 3000] [--peers] [--out FILE]
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, median, quantile } from './machine.ts';
import type { LoadOrder, LoadResult } from './overhead/load.ts';
import { cpuSeconds, type Target, targets, untilUp, upstream } from './overhead/targets.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    requests: { type: 'string', default: '3000' },
    peers: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);

type Scene = { readonly name: string } & Pick<LoadOrder, 'stream' | 'concurrency' | 'requests' | 'size' | 'everyMs'>;
const SCENES: readonly Scene[] = [
  { name: '1 kB, saturated', stream: false, concurrency: 16, requests, size: 1_000, everyMs: 0 },
  {
    name: '32 kB, saturated',
    stream: false,
    concurrency: 16,
    requests: Math.ceil(requests / 3),
    size: 32_000,
    everyMs: 0,
  },
  { name: '1 kB, 100 requests/s', stream: false, concurrency: 64, requests: 300, size: 1_000, everyMs: 10 },
  {
    name: 'stream of 64 chunks',
    stream: true,
    concurrency: 8,
    requests: Math.ceil(requests / 6),
    size: 1_000,
    everyMs: 0,
  },
];

type Figures = { perSecond: number; cpuMicros?: number; firstP50: number; firstP99: number; p50: number; p99: number };

const load = (order: LoadOrder): Promise<LoadResult> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'overhead/load.ts'));
    child.once('message', (result) => {
      child.kill();
      resolve(result as LoadResult);
    });
    child.once('error', reject);
    child.send(order);
  });

const measure = async (target: Target, child: ChildProcess | undefined, scene: Scene): Promise<Figures> => {
  const { name: _, ...order } = scene;
  const before = cpuSeconds(child?.pid);
  const result = await load({
    ...order,
    port: target.port,
    path: target.path,
    model: target.model,
    headers: target.headers,
  });
  const after = cpuSeconds(child?.pid);
  if (result.failed > 0)
    throw new Error(`${target.name}, ${scene.name}: ${result.failed} of ${scene.requests} answers were not right`);
  const cpu =
    before === undefined || after === undefined ? {} : { cpuMicros: ((after - before) * 1e6) / scene.requests };
  return {
    perSecond: scene.requests / result.seconds,
    ...cpu,
    firstP50: quantile(result.firstMs, 0.5),
    firstP99: quantile(result.firstMs, 0.99),
    p50: quantile(result.totalMs, 0.5),
    p99: quantile(result.totalMs, 0.99),
  };
};

const round = async (order: readonly Target[]): Promise<Map<string, Figures>> => {
  const seen = new Map<string, Figures>();
  for (const target of order) {
    const child = target.start();
    try {
      await untilUp(target.port);
      const warm = SCENES[0];
      if (warm) await measure(target, child, { ...warm, requests: Math.ceil(requests / 2) });
      for (const scene of SCENES) seen.set(`${target.name}|${scene.name}`, await measure(target, child, scene));
    } finally {
      child?.kill();
    }
  }
  return seen;
};

const server = upstream();
const all: Map<string, Figures>[] = [];
const list = targets(values.peers);
try {
  await untilUp(list[0]?.port ?? 0);
  for (let index = 0; index < rounds; index += 1) {
    all.push(await round(index % 2 === 0 ? list : list.toReversed()));
    console.log(`round ${index + 1} of ${rounds} done`);
  }
} finally {
  server.kill();
}

const pick = (key: string, figure: keyof Figures): number =>
  median(all.map((seen) => seen.get(key)?.[figure] ?? Number.NaN));
const rows = SCENES.flatMap((scene) =>
  list.map((target) => {
    const key = `${target.name}|${scene.name}`;
    const figures = (['perSecond', 'cpuMicros', 'firstP50', 'firstP99', 'p50', 'p99'] as const).map((figure) => [
      figure,
      Number(pick(key, figure).toFixed(3)),
    ]);
    const cpuOverBare = pick(key, 'cpuMicros') / pick(`bare|${scene.name}`, 'cpuMicros');
    const added = pick(key, 'p50') - pick(`direct|${scene.name}`, 'p50');
    return {
      scene: scene.name,
      target: target.name,
      ...Object.fromEntries(figures),
      addedP50: Number(added.toFixed(3)),
      cpuOverBare: Number(cpuOverBare.toFixed(2)),
    };
  }),
);
console.table(rows);
const result = { what: 'overhead', machine: machine(), rounds, requests, rows };
if (values.out) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`written to ${values.out}`);
}
