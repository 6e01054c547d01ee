// One life of the price thread: a task goes in, its news comes out slice by slice, and its end is heard of once.
import { Worker } from 'node:worker_threads';
import type { RefreshDeps } from '../market/refresh.ts';
import type { Ask, Task, Tell, WorkerStart } from './price-link.ts';

type SliceTell = Extract<Tell, { kind: 'slice' }>;

export type LifeDeps = Pick<RefreshDeps, 'mayRead' | 'onFault'> & {
  readonly program: URL;
  readonly start: WorkerStart;
  readonly onReading: (feed: string, bytes: Uint8Array) => void;
};

export type Life = {
  /**
   * Does one task; the next may be given when it has resolved. Rejects when the thread dies.
   * @param onSlice puts a part of what came of it in force; the next part waits for a turn of the event loop
   */
  perform(task: Task, options: { readonly now: number; readonly onSlice: (tell: SliceTell) => void }): Promise<void>;
  end(): Promise<void>;
};

/** Ten times what today's feeds need; a feed that fills it costs the thread, not the router. */
const HEAP_MB = 512;
/** Feeds have 30 s each and are read together; whoever takes longer than this hangs. */
const TASK_MS = 180_000;

/** Rejects when the thread ends, for whatever reason. */
const endOf = (worker: Worker): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>();
  worker.on('error', reject);
  worker.on('messageerror', reject);
  worker.on('exit', (code) => reject(new Error(`the price thread ended with ${code}`)));
  // Whoever performs a task hears of it; between tasks it is found at the next one.
  promise.catch(() => undefined);
  return promise;
};

type Ears = Omit<LifeDeps, 'program' | 'start'> & {
  readonly ask: (message: Ask) => void;
  readonly onSlice: (tell: SliceTell) => void;
};

/** Hands what the thread says to whoever wants to hear it. */
const listener =
  ({ ask, mayRead, onFault, onReading, onSlice }: Ears) =>
  (tell: Tell): void => {
    switch (tell.kind) {
      case 'slice':
        onSlice(tell);
        return;
      case 'fault':
        onFault(tell.feed, tell.why);
        return;
      case 'may': {
        const say = (may: boolean): void => ask({ kind: 'may', ticket: tell.ticket, may });
        // Without a word from the others we read: two that read are better than none.
        mayRead(tell.feed, tell.forMs).then(say, () => say(true));
        return;
      }
      case 'reading':
        onReading(tell.feed, tell.bytes);
        return;
      default:
        tell satisfies never;
    }
  };

export const startLife = ({ program, start, mayRead, onFault, onReading }: LifeDeps): Life => {
  const worker = new Worker(program, {
    workerData: start,
    name: 'prices',
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  worker.unref();
  const ended = endOf(worker);
  let onSlice: ((tell: SliceTell) => void) | undefined;
  let tasks = 0;
  const ask = (message: Ask): void => worker.postMessage(message, []);

  worker.on('message', listener({ ask, mayRead, onFault, onReading, onSlice: (tell) => onSlice?.(tell) }));

  return {
    perform: (task, { now, onSlice: take }) => {
      tasks += 1;
      const id = tasks;
      const done = new Promise<void>((resolve, reject) => {
        onSlice = (tell) => {
          if (tell.id !== id) return;
          try {
            take(tell);
          } catch (fault) {
            reject(fault);
          }
          if (tell.last) resolve();
          else ask({ kind: 'more' });
        };
      });
      ask({ kind: 'task', id, now, task });
      const timer = setTimeout(() => void worker.terminate(), TASK_MS);
      timer.unref();
      // While something is awaited the process stays, as it would for any other work.
      worker.ref();
      return Promise.race([done, ended]).finally(() => {
        clearTimeout(timer);
        worker.unref();
      });
    },
    end: async () => void (await worker.terminate()),
  };
};
