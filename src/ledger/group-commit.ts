// When records are written: what has gathered for a moment goes in one commit, one commit at a time, in the order it came.
import type { LedgerRecord } from '../core/ledger.ts';
import { RouterError } from '../core/errors.ts';
import { mergeRows, type Rows, rowsOf } from './rows.ts';

export type GroupCommitDeps = {
  /** One transaction: resolves when the rows are as durable as the ledger promises. */
  readonly commit: (rows: Rows) => Promise<void>;
  /**
   * stop: after a failed commit nobody knows what the disk holds, so nothing more is accepted. go on: the database is another
   * machine's care and each batch stands alone.
   */
  readonly afterFailure: 'stop' | 'go on';
  readonly gatherMs?: number;
  readonly maxPending?: number;
};

export type GroupCommit = {
  append(records: readonly LedgerRecord[]): Promise<void>;
  /** Writes what is pending, then accepts nothing more. */
  close(): Promise<void>;
};

/** Half of the 5 ms an append may wait, so that the commit itself fits into the rest. */
const GATHER_MS = 2;
/** Enough to fill a commit: no reason to wait longer. */
const FULL_BATCH = 256;
/** Records waiting or under way; more than this means the disk does not keep up and callers must hear of it. */
const MAX_PENDING = 10_000;

type Waiting = { readonly rows: Rows; readonly size: number; readonly done: PromiseWithResolvers<void> };

const unavailable = (why: string, cause?: unknown): RouterError =>
  new RouterError('ledger_unavailable', `The ledger cannot record this request: ${why}.`, { cause });

const checkedRows = (records: readonly LedgerRecord[]): Rows => {
  try {
    return rowsOf(records);
  } catch (cause) {
    throw new RouterError('internal', 'A record for the ledger is not well formed; nothing of it was written.', {
      cause,
    });
  }
};

const failureOf = (written: Promise<void>): Promise<RouterError | undefined> =>
  written.then(
    () => undefined,
    (cause: unknown) => unavailable('a write failed', cause),
  );

export const createGroupCommit = (deps: GroupCommitDeps): GroupCommit => {
  const { gatherMs = GATHER_MS, maxPending = MAX_PENDING } = deps;
  const queue: Waiting[] = [];
  let pending = 0;
  let committing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let broken: RouterError | undefined;

  const settle = (batch: readonly Waiting[], failure?: RouterError): void => {
    for (const { size, done } of batch) {
      pending -= size;
      if (failure) done.reject(failure);
      else done.resolve();
    }
  };

  const commitBatch = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = queue.splice(0);
    const failure = await failureOf(deps.commit(mergeRows(batch.map((waiting) => waiting.rows))));
    if (failure && deps.afterFailure === 'stop') broken = failure;
    settle(batch, failure);
    if (broken) settle(queue.splice(0), broken);
  };

  /** What comes during a commit has waited for as long as that took: it goes at once. */
  const drain = async (): Promise<void> => {
    do await commitBatch();
    while (queue.length > 0);
    committing = undefined;
  };
  const flush = (): Promise<void> => (committing ??= drain());

  const append = async (records: readonly LedgerRecord[]): Promise<void> => {
    if (closed) throw unavailable('it is closed');
    if (broken) throw broken;
    if (records.length === 0) return;
    if (pending + records.length > maxPending) throw unavailable(`${pending} records are waiting to be written`);
    const waiting = { rows: checkedRows(records), size: records.length, done: Promise.withResolvers<void>() };
    queue.push(waiting);
    pending += waiting.size;
    if (queue.length >= FULL_BATCH) void flush();
    else if (!committing) timer ??= setTimeout(() => void flush(), gatherMs);
    return waiting.done.promise;
  };

  return {
    append,
    close: async () => {
      closed = true;
      if (committing || queue.length > 0) await flush();
    },
  };
};
