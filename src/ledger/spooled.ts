// The ledger database of a cluster behind a spool on the local disk: requests wait for the disk, the disk waits for the database.
import { RouterError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { mergeRows, type Rows } from './rows.ts';
import { openSpool, type Spool } from './spool.ts';
import { takeSlot } from './spool-slot.ts';

export type SpoolPlace = {
  /** Shared by the processes of a machine; each takes a slot of its own. */
  readonly folder: string;
  readonly durability: 'process' | 'power';
  readonly clock: Clock;
  readonly say: (line: string) => void;
};

/** What a spooled entry holds: rows, and whose opening of the ledger they belong to. */
type Entry = { readonly writer: string; readonly rows: Rows };

export type SpooledDeps = SpoolPlace & { readonly insert: (rows: Rows, writer: bigint) => Promise<void> };

/** A reader waits as long for what was just recorded to arrive. */
const READ_WAIT_MS = 2_000;
/** What an earlier process left is delivered before anything is made of its requests. */
const LEFT_WAIT_MS = 30_000;

/**
 * Of what was asked for, not of the connection or of the database's state: data (22), integrity (23), and what it does not know (42), but
 * where whole tables are missing (42P01).
 */
const isHopeless = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && /^(22|23|42(?!P01))[0-9A-Z]{3}$/.test(String(cause.code));

const unavailable = (why: string): RouterError => new RouterError('ledger_unavailable', why, { retryAfterMs: 1_000 });

export type SpooledCommits = {
  commit(rows: Rows, writer: bigint): Promise<void>;
  /** Reads what was recorded before the call as well. @throws RouterError ledger_unavailable while the database is away */
  read<T>(work: () => Promise<T>): Promise<T>;
  readonly state: Spool['state'];
  close(): Promise<void>;
};

/** @throws RouterError ledger_unavailable when what an earlier process left cannot be delivered, or no slot is free */
export const openSpooled = async ({ folder, insert, ...deps }: SpooledDeps): Promise<SpooledCommits> => {
  const slot = await takeSlot(folder);
  const deliver = async (texts: readonly string[]): Promise<void> => {
    // Only `commit` below writes there.
    const entries = texts.map((text) => JSON.parse(text) as Entry);
    for (const [writer, own] of Map.groupBy(entries, (entry) => entry.writer))
      await insert(mergeRows(own.map(({ rows }) => rows)), BigInt(writer));
  };
  const spool = await openSpool({ ...deps, folder: slot.folder, deliver, isHopeless });
  const close = async (): Promise<void> => {
    await spool.delivered(READ_WAIT_MS);
    await spool.close();
    slot.free();
  };
  if (!(await spool.delivered(LEFT_WAIT_MS))) {
    await close();
    throw unavailable('Records of an earlier run wait on this disk and the ledger database does not take them.');
  }
  return {
    commit: (rows, writer) => spool.keep(JSON.stringify({ writer: String(writer), rows } satisfies Entry)),
    read: async (work) => {
      if (!(await spool.delivered(READ_WAIT_MS)))
        throw unavailable('The ledger database does not answer; what was recorded is kept on disk until it does.');
      return work();
    },
    get state(): Spool['state'] {
      return spool.state;
    },
    close,
  };
};
