// What the ledger's threads can be asked to do, and how asking works: one message there, one back, matched by number.
import type { Worker } from 'node:worker_threads';
import { RouterError } from '../core/errors.ts';
import type { Range, RequestView, SpendKey, SpendRow } from '../core/ledger.ts';
import type { OfferKey } from '../core/offer.ts';
import type { BilledCall, HistoryRange, PriceRecord } from '../core/price-history.ts';
import type { CheckPage, CheckStep } from './check.ts';
import type { LessonPage } from './pages.ts';
import type { RecordsPage } from './records.ts';
import type { Recovered } from './recover.ts';
import type { RowsQuestion } from './request-rows.ts';
import type { Rows } from './rows.ts';
import type { TrafficPage, TrafficQuestion } from './traffic.ts';

/** Name of a job → what it takes and gives. */
export type Jobs = {
  readonly open: { readonly takes: undefined; readonly gives: Recovered };
  readonly commit: { readonly takes: Rows; readonly gives: undefined };
  readonly request: { readonly takes: string; readonly gives: RequestView | undefined };
  readonly lessons: { readonly takes: bigint; readonly gives: LessonPage };
  readonly spend: {
    readonly takes: { readonly range: Range; readonly by: SpendKey };
    readonly gives: readonly SpendRow[];
  };
  readonly priceChanges: {
    readonly takes: { readonly range: HistoryRange; readonly offer?: OfferKey };
    readonly gives: readonly PriceRecord[];
  };
  readonly latestPrices: { readonly takes: undefined; readonly gives: readonly PriceRecord[] };
  readonly bills: { readonly takes: undefined; readonly gives: readonly BilledCall[] };
  readonly traffic: { readonly takes: TrafficQuestion; readonly gives: TrafficPage };
  readonly check: { readonly takes: CheckStep; readonly gives: CheckPage };
  readonly records: { readonly takes: RowsQuestion; readonly gives: RecordsPage };
  readonly close: { readonly takes: undefined; readonly gives: undefined };
};
export type JobName = keyof Jobs;

/** Every job as one union, so that a switch on `name` knows what `takes` is. */
export type Job = {
  [N in JobName]: { readonly id: number; readonly name: N; readonly takes: Jobs[N]['takes'] };
}[JobName];
export type Reply =
  | { readonly id: number; readonly ok: true; readonly gives: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string };

export type Crew = {
  ask<N extends JobName>(name: N, takes: Jobs[N]['takes']): Promise<Jobs[N]['gives']>;
  /** Ends the thread, asked or not. */
  end(): Promise<void>;
};

type Asked = PromiseWithResolvers<unknown>;

/** Speaks to one thread. When it dies, whatever it was asked and will be asked is rejected. */
export const createCrew = (worker: Worker): Crew => {
  const asked = new Map<number, Asked>();
  let count = 0;
  let dead: RouterError | undefined;

  const die = (why: string, cause?: unknown): void => {
    dead ??= new RouterError('ledger_unavailable', `The ledger's thread has ended: ${why}.`, { cause });
    for (const { reject } of asked.values()) reject(dead);
    asked.clear();
  };
  worker.on('error', (cause) => die(cause instanceof Error ? cause.message : 'it failed', cause));
  worker.on('exit', (code) => die(`exit code ${code}`));
  worker.on('message', (reply: Reply) => {
    const waiting = asked.get(reply.id);
    asked.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.gives);
    else waiting?.reject(new RouterError('ledger_unavailable', reply.message));
  });

  return {
    ask: async <N extends JobName>(name: N, takes: Jobs[N]['takes']) => {
      if (dead) throw dead;
      const waiting = Promise.withResolvers<unknown>();
      count += 1;
      asked.set(count, waiting);
      worker.postMessage({ id: count, name, takes }, []);
      // The thread answers job `name` with what the table says it gives.
      return waiting.promise as Promise<Jobs[N]['gives']>;
    },
    end: async () => void (await worker.terminate()),
  };
};
