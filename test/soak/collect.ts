// Loaded first into every thread of the process that is measured: collects the garbage of all of them, and adds up what they then hold.
import { isMainThread, postMessageToThread, type Worker } from 'node:worker_threads';

/** Of the thread it runs in, after V8 has freed as much as it can: twice, since what one pass finalises the next one frees; bytes. */
const holds = (): number => {
  for (let pass = 0; pass < 2; pass += 1) globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const others = new Set<Worker>();
let said: number[] = [];
let allSaid = (): void => undefined;

if (isMainThread) {
  process.on('worker', (worker) => {
    others.add(worker);
    worker.once('exit', () => others.delete(worker));
  });
  process.on('workerMessage', (bytes: number) => {
    said.push(bytes);
    if (said.length === others.size) allSaid();
  });
} else process.on('workerMessage', (_asked: unknown, asker: number) => void postMessageToThread(asker, holds()));

/** Bytes held by all threads. */
export const collect = async (): Promise<number> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  said = [];
  allSaid = resolve;
  const asked = Promise.all([...others].map(({ threadId }) => postMessageToThread(threadId, 'collect')));
  const own = holds();
  await asked;
  if (others.size > 0) await promise;
  return said.reduce((sum, bytes) => sum + bytes, own);
};
