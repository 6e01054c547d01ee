// Seeds do not know of one another, so they are shared out over the cores. The result is the same as in one thread, times aside.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type GoalRuns, replay, type Replayed, type ReplayInput } from './replay.ts';
import type { ReplayFiles } from './open.ts';
import type { ThreadNews, ThreadWork } from './seeds-thread.ts';

const MOST_THREADS = 8;
/** Requests below which a thread's start costs more than it saves. */
export const WORTH_A_THREAD = 20_000;

const inThread = (work: ThreadWork, onRequests: (count: number) => void): Promise<Replayed> => {
  const { promise, resolve, reject } = Promise.withResolvers<Replayed>();
  const worker = new Worker(new URL('seeds-thread.ts', import.meta.url), { workerData: work });
  worker.on('message', (news: ThreadNews) => {
    if ('replayed' in news) resolve(news.replayed);
    else onRequests(news.requests);
  });
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`a thread of the replay ended with ${code} before it was done`)));
  return promise.finally(() => void worker.terminate());
};

/** Back in the order of the seeds, so that sums come out to the last digit. */
const merged = (parts: readonly Replayed[], count: number): Replayed => {
  const goals = parts[0]?.results ?? [];
  const results = goals.map(({ goal }, at): GoalRuns => {
    const scores = Array.from({ length: count }, (_, seed) => {
      const part = parts[seed % parts.length];
      return part?.results[at]?.scores[Math.floor(seed / parts.length)];
    });
    return { goal, scores: scores.filter((score) => score !== undefined) };
  });
  const micros = new Float64Array(parts.reduce((sum, part) => sum + part.micros.length, 0));
  let filled = 0;
  for (const part of parts) {
    micros.set(part.micros, filled);
    filled += part.micros.length;
  }
  return { results, micros, prompts: parts[0]?.prompts ?? 0 };
};

export type ThreadedInput = {
  readonly input: ReplayInput;
  readonly files: ReplayFiles;
  /** For tests; as many as there are cores where nothing is said and the work is worth it. */
  readonly threads?: number;
};

export const replayThreaded = async ({ input, files, threads }: ThreadedInput): Promise<Replayed> => {
  const { seeds, goals, dataset, protocol, labels, feedback, onRequests } = input;
  const requests = (dataset.prompts.length - labels) * seeds.length * goals.length;
  const wanted = threads ?? Math.min(availableParallelism(), MOST_THREADS, Math.floor(requests / WORTH_A_THREAD));
  const count = Math.min(wanted, seeds.length);
  if (count < 2) return replay(input);
  const terms = { protocol, goals, labels, feedback };
  const parts = Array.from({ length: count }, (_, part) => seeds.filter((_seed, at) => at % count === part));
  const played = parts.map((some) => inThread({ files, terms, seeds: some }, (done) => onRequests?.(done)));
  return merged(await Promise.all(played), seeds.length);
};
