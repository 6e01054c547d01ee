// When records are written: what has gathered for a moment goes in one commit, one commit at a time, in the order it came.
import type { LedgerRecord } from '../core/ledger.ts';
import { RouterError } from '../core/errors.ts';
import { mergeRows, type Rows, rowsOf } from './rows.ts';

export type GroupCommitDeps = {
  /** One transaction: resolves when the rows are as durable as the ledger promises. */
  readonly commit: (rows: Rows) => Promise<void>;
  /** Keeps rows of calls where they outlive this process before they are committed; what it returns is called when they are. */
  readonly keep?: (rows: Rows) => () => void;
  readonly gatherMs?: number;
  readonly maxPending?: number;
};

export type GroupCommit = {
  append(records: readonly LedgerRecord[]): Promise<void>;
  /** Why nothing more is accepted until the ledger is opened again; undefined while all is well. */
  fault(): string | undefined;
  /** Writes what is pending, then accepts nothing more. */
  close(): Promise<void>;
};

/** Of a ledger that is opened for reports. */
export const READ_ONLY: GroupCommit = {
  append: () => Promise.reject(new RouterError('ledger_unavailable', 'This ledger was opened for reading only.')),
  fault: () => undefined,
  close: () => Promise.resolve(),
};

/** Half of the 5 ms an append may wait, so that the commit itself fits into the rest. */
const GATHER_MS = 2;
/** Enough to fill a commit: no reason to wait longer. */
const FULL_BATCH = 256;
/** Records waiting or under way; more than this means the disk does not keep up and callers must hear of it. */
const MAX_PENDING = 10_000;

type Waiting = {
  readonly rows: Rows;
  readonly size: number;
  readonly done: PromiseWithResolvers<void>;
  readonly kept: (() => void) | undefined;
};

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

const failedWrite = (cause: unknown): RouterError => {
  const said = cause instanceof Error ? cause.message : String(cause);
  return unavailable(`a write failed (${said}), and nothing more is accepted until the router is started again`, cause);
};

const failureOf = (written: Promise<void>): Promise<RouterError | undefined> =>
  written.then(() => undefined, failedWrite);

const tell = ({ done, kept }: Waiting, failure: RouterError | undefined): void => {
  if (failure) return done.reject(failure);
  kept?.();
  done.resolve();
};

/** What waits to be written, and how much of it has not been told its end. */
const createQueue = (maxPending: number) => {
  const queue: Waiting[] = [];
  let pending = 0;
  return {
    length: () => queue.length,
    /** @throws RouterError ledger_unavailable */
    room(size: number): void {
      if (pending + size > maxPending) throw unavailable(`${pending} records are waiting to be written`);
    },
    add(waiting: Waiting): void {
      queue.push(waiting);
      pending += waiting.size;
    },
    takeAll: (): Waiting[] => queue.splice(0),
    settle(batch: readonly Waiting[], failure?: RouterError): void {
      for (const waiting of batch) {
        pending -= waiting.size;
        tell(waiting, failure);
      }
    },
  };
};

export const createGroupCommit = (deps: GroupCommitDeps): GroupCommit => {
  const { gatherMs = GATHER_MS, maxPending = MAX_PENDING } = deps;
  const queue = createQueue(maxPending);
  let committing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let broken: RouterError | undefined;

  const commitBatch = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = queue.takeAll();
    const failure = await failureOf(deps.commit(mergeRows(batch.map((waiting) => waiting.rows))));
    // Nobody knows what the disk holds now: nothing more is accepted.
    broken ??= failure;
    queue.settle(batch, failure);
    if (broken) queue.settle(queue.takeAll(), broken);
  };

  /** What comes during a commit has waited for as long as that took: it goes at once. */
  const drain = async (): Promise<void> => {
    do await commitBatch();
    while (queue.length() > 0);
    committing = undefined;
  };
  const flush = (): Promise<void> => (committing ??= drain());

  const keep = (rows: Rows): (() => void) | undefined => {
    try {
      return deps.keep?.(rows);
    } catch (cause) {
      broken = failedWrite(cause);
      throw broken;
    }
  };

  const append = async (records: readonly LedgerRecord[]): Promise<void> => {
    if (closed) throw unavailable('it is closed');
    if (broken) throw broken;
    if (records.length === 0) return;
    queue.room(records.length);
    const rows = checkedRows(records);
    const kept = rows.dispatches.length > 0 ? keep(rows) : undefined;
    const waiting = { rows, size: records.length, done: Promise.withResolvers<void>(), kept };
    queue.add(waiting);
    if (queue.length() >= FULL_BATCH) void flush();
    else if (!committing) timer ??= setTimeout(() => void flush(), gatherMs);
    return waiting.done.promise;
  };

  return {
    append,
    fault: () => broken?.message,
    close: async () => {
      closed = true;
      if (committing || queue.length() > 0) await flush();
    },
  };
};
