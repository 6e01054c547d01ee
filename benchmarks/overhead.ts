// What Bourse adds to a call, beside a bare proxy in the same run: rounds interleaved, the order reversed each round, fresh processes.
// node benchmarks/overhead.ts [--rounds 4] [--seconds 2] [--peers FOLDER] [--profile DIR] [--out FILE]
import type { ChildProcess } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, resultPath, writeResult } from './machine.ts';
import type { LoadOrder, LoadResult } from './overhead/load.ts';
import { cpuSecondsOf, isPinned, saidBy, start, stop, untilUp } from './overhead/processes.ts';
import { type Scene, scenesOf, warmUp } from './overhead/scenes.ts';
import { type Figures, type Round, rowsOf } from './overhead/summary.ts';
import { PORTS, startUpstream, type Target, targetsOf } from './overhead/targets.ts';
import { tableOf } from './table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '2' },
    peers: { type: 'string' },
    profile: { type: 'string' },
    out: { type: 'string' },
  },
});
const count = Number(values.rounds);
const scenes = scenesOf(Number(values.seconds));

type Answered = { readonly result: LoadResult } | { readonly fault: string };

const send = (load: ChildProcess, order: LoadOrder): Promise<LoadResult> => {
  const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
  const ended = (): void => reject(new Error('the load generator has ended'));
  load.once('exit', ended);
  load.once('message', (answered: Answered) => {
    load.off('exit', ended);
    if ('result' in answered) resolve(answered.result);
    else reject(new Error(answered.fault));
  });
  load.send(order);
  return promise;
};

type Stage = { readonly upstream: ChildProcess; readonly load: ChildProcess; readonly child: ChildProcess | undefined };

/** CPU seconds of target and upstream, read just before the load starts and just after it has ended. */
const cpuOf = ({ upstream, child }: Stage) => ({
  upstream: cpuSecondsOf(upstream),
  child: child && cpuSecondsOf(child),
});

const measure = async (target: Target, scene: Scene, stage: Stage): Promise<Figures> => {
  const { name, ...asked } = scene;
  const { port, model, headers } = target;
  const before = cpuOf(stage);
  const result = await send(stage.load, { ...asked, port, model, headers }).catch((cause: unknown) => {
    const said = [stage.child, stage.upstream].map((child) => (child ? saidBy(child) : '')).join('');
    throw new Error(`${target.name}, ${name}: ${String(cause)}\n${said}`, { cause });
  });
  const after = cpuOf(stage);
  const used = (who: 'upstream' | 'child'): number | undefined =>
    before[who] === undefined || after[who] === undefined ? undefined : after[who] - before[who];
  const { answers, seconds, cpuSeconds, ...latency } = result;
  const mine = used('child');
  return {
    perSecond: answers / seconds,
    ...(mine === undefined ? {} : { cpuMicros: (mine * 1e6) / answers, targetCpu: mine / seconds }),
    ...latency,
    loadCpu: (cpuSeconds + (used('upstream') ?? 0)) / seconds,
  };
};

/** A target and a load generator of its own, both fresh. */
const visit = async (target: Target, upstream: ChildProcess): Promise<Map<string, Figures>> => {
  const child = target.start();
  const load = start({ role: 'load', script: join(import.meta.dirname, 'overhead/load.ts') });
  const seen = new Map<string, Figures>();
  try {
    if (child) await untilUp(target.port, child);
    const stage = { upstream, load, child };
    for (const scene of warmUp(child !== undefined)) await measure(target, scene, stage);
    for (const scene of scenes) seen.set(scene.name, await measure(target, scene, stage));
  } finally {
    await Promise.all([stop(child), stop(load)]);
    target.clear?.();
  }
  return seen;
};

const targets = targetsOf(values);
const loadBefore = loadavg()[0];
const upstream = startUpstream();
const rounds: Round[] = [];
try {
  await untilUp(PORTS.upstream, upstream);
  for (let index = 0; index < count; index += 1) {
    const round = new Map<string, Map<string, Figures>>();
    for (const target of index % 2 === 0 ? targets : targets.toReversed())
      round.set(target.name, await visit(target, upstream));
    rounds.push(round);
    console.log(`round ${index + 1} of ${count} done`);
  }
} finally {
  await stop(upstream);
}

const names = targets.map(({ name }) => name);
const result = {
  what: 'overhead',
  machine: { ...machine(), loadBefore, pinned: isPinned },
  rounds: count,
  scenes,
  rows: rowsOf(rounds, scenes, names),
} as const;
console.log(tableOf(result));
for (const { scene, target, loadBound } of result.rows)
  if (loadBound && target !== 'direct')
    console.log(`${scene}, ${target}: the load took more than 80 % of its core, so requests/s is a lower bound`);
writeResult(values.out ?? resultPath('overhead', result.machine), result);
