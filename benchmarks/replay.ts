// Every recording at hand replayed through the router and through simpler ones, from cold and from half of the prompts; the tables of this folder's README.
// npm run bench:replay -- [--data DIR] [--sets a,b] [--seeds N] [--out FILE]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { machine, resultPath, writeResult } from './machine.ts';
import type { Job, JobResult } from './replay-job.ts';
import { SETS, STARTS } from './replay-sets.ts';
import { REPLAY_PAGE, withReplayTables } from './replay-tables.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(import.meta.dirname, '../../shared/data/replay') },
    sets: { type: 'string' },
    seeds: { type: 'string' },
    out: { type: 'string' },
  },
});

const wanted = values.sets?.split(',');
const sets = SETS.filter(({ name }) => wanted?.includes(name) ?? true)
  .filter(({ name }) => {
    const isHere = existsSync(join(values.data, `${name}.jsonl.gz`));
    if (!isHere) console.log(`${name}: there is no ${name}.jsonl.gz in ${values.data}; left out`);
    return isHere;
  })
  .map((set) => (values.seeds === undefined ? set : { ...set, seeds: Number(values.seeds) }));

/** Longest first, so that no core waits for the last. */
const jobs: Job[] = sets
  .toSorted((a, b) => b.seeds * (b.budgets?.length ?? 3) - a.seeds * (a.budgets?.length ?? 3))
  .flatMap((set): Job[] => [
    ...STARTS.map((start): Job => ({ kind: 'budgets', set, start, folder: values.data })),
    { kind: 'pair', set, folder: values.data },
  ]);

const inThread = (job: Job): Promise<JobResult> => {
  const { promise, resolve, reject } = Promise.withResolvers<JobResult>();
  const worker = new Worker(new URL('replay-job.ts', import.meta.url), { workerData: job });
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`a replay ended with ${code}`)));
  return promise;
};

const results: { readonly job: Job; readonly result: JobResult }[] = [];
const queue = [...jobs];
const core = async (): Promise<void> => {
  for (let job = queue.shift(); job; job = queue.shift()) {
    const from = performance.now();
    results.push({ job, result: await inThread(job) });
    const what = job.kind === 'pair' ? 'pair' : job.start;
    console.log(`${job.set.name} ${what}: ${((performance.now() - from) / 1000).toFixed(0)} s, ${queue.length} to go`);
  }
};
await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, core));

/** In the order of the list, whichever came first. */
const sorted = jobs
  .toSorted(
    (a, b) => SETS.findIndex(({ name }) => name === a.set.name) - SETS.findIndex(({ name }) => name === b.set.name),
  )
  .flatMap((job) => results.filter((each) => each.job === job).map(({ result }) => result));
const on = machine();
const words = process.argv.slice(2);
const result = {
  what: 'replay',
  command: ['npm run bench:replay', ...(words.length > 0 ? ['--', ...words] : [])].join(' '),
  machine: on,
  rows: sorted.flatMap(({ rows }) => rows),
  pairs: sorted.flatMap(({ pairs }) => pairs),
};
writeResult(values.out ?? resultPath('replay', on), result);
// Part of the sets, or another place, is for looking at.
if (values.out === undefined && wanted === undefined)
  writeFileSync(REPLAY_PAGE, withReplayTables(readFileSync(REPLAY_PAGE, 'utf8')));
