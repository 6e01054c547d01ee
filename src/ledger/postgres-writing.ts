// A replica's own part in the ledger of a cluster: its number, the lock that says it lives, its spool, and what it settles of others at its start.
import { ZERO_USD } from '../core/money.ts';
import { createGroupCommit, type GroupCommit, READ_ONLY } from './group-commit.ts';
import { isGone, recover, type Recovered } from './recover.ts';
import type { Rows } from './rows.ts';
import type { LedgerDatabase } from './schema.ts';
import type { SpoolState } from './spool.ts';
import { openSpooled, type SpoolPlace } from './spooled.ts';
import {
  createKnownDocuments,
  insertRows,
  registerWriter,
  reopenWriter,
  sawWriter,
  withoutKnownDocuments,
} from './write.ts';

export type Through = <T>(work: () => Promise<T>) => Promise<T>;

export type Writing = {
  readonly recovered: Recovered;
  readonly commits: GroupCommit;
  readonly through: Through;
  readonly spool?: () => SpoolState;
  readonly writer?: string;
  readonly seen?: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Only reads: takes no part. */
export const READING: Writing = {
  recovered: { requests: 0, ambiguous: 0, reserved: ZERO_USD },
  commits: READ_ONLY,
  through: (work) => work(),
  close: async () => undefined,
};

type Connections = { readonly write: LedgerDatabase; readonly read: LedgerDatabase };

/** A number nobody alive has: in a database that was emptied they begin anew, while older replicas keep theirs. */
const freeNumber = async ({ write, read }: Connections, now: number): Promise<bigint> => {
  let writer = await registerWriter(write, now);
  while (!(await isGone(read, 'postgres', writer))) writer = await registerWriter(write, now);
  return writer;
};

const isTableMissing = (fault: unknown): boolean => fault instanceof Error && 'code' in fault && fault.code === '42P01';

type Terms = {
  readonly place: SpoolPlace;
  /** Takes the lock that says this number lives. */
  readonly hold: (writer: number) => Promise<void>;
  /** Makes the tables, where there are none. */
  readonly makeTables: () => Promise<void>;
};

/** Takes part: has a number, holds its lock, delivers what was left, settles what others left unanswered. */
export const startWriting = async ({ write, read }: Connections, { place, hold, makeTables }: Terms) => {
  const writer = await freeNumber({ write, read }, place.clock.now());
  await hold(Number(writer));
  const left = new Set<bigint>();
  const known = createKnownDocuments();
  const insertOnce = async (rows: Rows, by: bigint): Promise<void> => {
    if (by !== writer && !left.has(by)) {
      await reopenWriter(write, by);
      left.add(by);
    }
    await insertRows(write, rows, by, 'postgres');
  };
  const insert = async (rows: Rows, by: bigint): Promise<void> => {
    try {
      await insertOnce(rows, by);
    } catch (fault) {
      if (!isTableMissing(fault)) throw fault;
      place.say(
        'the ledger database has lost its tables: they are made anew, and what was recorded since goes on into them',
      );
      await makeTables();
      await reopenWriter(write, writer, place.clock.now());
      left.clear();
      await insertOnce({ ...rows, documents: [...rows.documents, ...known.all()] }, by);
    }
  };
  const spooled = await openSpooled({ ...place, insert });
  const recovered = await recover(read, { engine: 'postgres', self: writer, left });
  const commits = createGroupCommit({
    commit: withoutKnownDocuments((rows) => spooled.commit(rows, writer), known),
  });
  const close = async (): Promise<void> => {
    await commits.close();
    await spooled.close();
  };
  return {
    recovered,
    commits,
    through: spooled.read,
    spool: () => spooled.state,
    writer: String(writer),
    /** Says how far this writer has come: whoever looks for what it left need not look further back. */
    seen: async () => {
      const at = place.clock.now();
      await spooled.read(() => sawWriter(read, writer, at));
    },
    close,
  } satisfies Writing;
};
