// What an opening makes of requests whose router died: sent, never answered, so perhaps billed. Written down, never guessed away.
import { sql } from 'kysely';
import type { Decision } from '../core/decision.ts';
import { addUsd, type NanoUsd, ZERO_USD } from '../core/money.ts';
import type { Lesson } from '../core/ledger.ts';
import type { Ledger, PriceHistory, Traffic } from '../core/ports.ts';
import { firstIdAt } from '../core/request-id.ts';
import type { DispatchNote, Outcome } from '../core/outcome.ts';
import type { CheckPage, CheckStep } from './check.ts';
import type { RecordsPage } from './records.ts';
import type { RowsQuestion } from './request-rows.ts';
import { wholeOf, readDispatches, readRequest } from './read.ts';
import { rowsOf } from './rows.ts';
import type { Engine, LedgerDatabase } from './schema.ts';
import type { SpoolState } from './spool.ts';
import { insertRows } from './write.ts';
import type { Payer, WriterSpend } from './writer-spend.ts';

export type Recovered = {
  readonly requests: number;
  /** Dispatches without an answer. */
  readonly ambiguous: number;
  /** What those can have cost at most. */
  readonly reserved: NanoUsd;
};

export type SharedLedger = {
  readonly writer: string;
  readonly spentByWriter: (by: Payer, from: number) => Promise<readonly WriterSpend[]>;
  /** It has ended, or lost its connection for the moment. */
  readonly isGone: (writer: string) => Promise<boolean>;
  readonly lessonsSince: (at: number) => AsyncIterable<readonly Lesson[]>;
};

/** A ledger, the prices and the traffic it keeps, and what its opening made of requests that a crash had cut off. */
export type OpenedLedger = Ledger & {
  readonly recovered: Recovered;
  readonly prices: PriceHistory;
  readonly traffic: Traffic;
  /** One page of what `bourse ledger verify` looks at. */
  readonly check: (step: CheckStep) => Promise<CheckPage>;
  /** One page of requests, oldest first. */
  readonly records: (question: RowsQuestion) => Promise<RecordsPage>;
  /** Records on their way from the local disk to a database; absent where the disk is the ledger. */
  readonly spool?: () => SpoolState;
  /** Of a ledger several replicas write: which of them this is, what each spent, and what was taught since an instant (epoch ms). */
  readonly shared?: SharedLedger;
  /** Why nothing more can be recorded until the router is started again; undefined while all is well. */
  readonly fault: () => string | undefined;
  /** True: a dispatch given to `append` outlives this process from then on, and nobody need wait before the call leaves. */
  readonly keepsCalls?: boolean;
};

/** Requests looked at in one go; the loop ends because every one of them is settled in it. */
const BATCH = 200;

const revisionOf = (decision: Decision | undefined, { offer }: DispatchNote): string =>
  decision?.ladder.find((ranked) => ranked.quote.offer.key === offer)?.quote.sheet.revision ?? 'unknown';

/** The outcome of a request that never got one: every dispatch interrupted, at the most it can have cost. */
export const interruptedOutcome = (notes: readonly DispatchNote[], decision?: Decision): Outcome | undefined => {
  const last = notes.at(-1);
  if (!last) return undefined;
  return {
    requestId: last.requestId,
    at: last.at,
    status: 'failed',
    error: 'internal',
    offer: last.offer,
    attempts: notes.map((note) => ({
      requestId: note.requestId,
      attempt: note.attempt,
      offer: note.offer,
      at: note.at,
      result: 'interrupted',
      usage: {},
      cost: note.reserved,
      costStatus: 'ambiguous',
      priceRevision: revisionOf(decision, note),
      totalMs: 0,
    })),
    // As everywhere: what is ambiguous stands in the attempts and not in what was certainly spent.
    cost: ZERO_USD,
    costStatus: 'ambiguous',
    totalMs: 0,
  };
};

/** Dispatches with neither an attempt nor a recovery, of writers that are gone. */
const unanswered = (db: LedgerDatabase) =>
  db
    .selectFrom('dispatches as n')
    .where(
      sql<boolean>`not exists (select 1 from attempts a where a.request_id = n.request_id and a.attempt = n.attempt)`,
    );

/** Only one process can have a SQLite ledger open for writing; on PostgreSQL the living each hold a lock on their number. */
export const isGone = async (db: LedgerDatabase, engine: Engine, writer: bigint): Promise<boolean> => {
  if (engine === 'sqlite') return true;
  return db.connection().execute(async (session) => {
    const lock = sql`hashtext(current_schema()), ${sql.lit(Number(writer))}`;
    const { rows } = await sql<{ free: boolean }>`select pg_try_advisory_lock(${lock}) as free`.execute(session);
    const free = rows[0]?.free ?? false;
    if (free) await sql`select pg_advisory_unlock(${lock})`.execute(session);
    return free;
  });
};

type Scope = {
  readonly engine: Engine;
  readonly self: bigint;
  /** Writers of which something has just been brought in, whatever is said of them. */
  readonly left?: Iterable<bigint>;
};

/** No request takes longer, so that what a writer left unanswered is named no longer than this before it was last seen. */
const LONGEST_MS = 6 * 3_600_000;

type Gone = {
  readonly writers: readonly bigint[];
  /** Nothing they left unanswered has an earlier name. */
  readonly firstId: string;
};

/** Writers that have ended since somebody last looked: few, however many there have been. */
const goneWriters = async (db: LedgerDatabase, { engine, self, left = [] }: Scope): Promise<Gone> => {
  const unsettled = await db
    .selectFrom('writers')
    .select(['id', 'seen'])
    .where((where) => where.or([where('settled', '=', 0n), where('id', 'in', [self, ...left])]))
    .where('id', '<>', self)
    .execute();
  const gone: typeof unsettled = [];
  for (const writer of unsettled) if (await isGone(db, engine, writer.id)) gone.push(writer);
  const since = Math.min(...gone.map(({ seen }) => (seen === null ? 0 : wholeOf(seen) - LONGEST_MS)));
  return { writers: gone.map(({ id }) => id), firstId: since > 0 ? firstIdAt(since) : '' };
};

const settle = async (db: LedgerDatabase, writers: readonly bigint[]): Promise<void> => {
  await db.updateTable('writers').set({ settled: 1 }).where('id', 'in', writers).execute();
};

/** Settles, as ambiguous and at their reservation, the dispatches that writers now gone left unanswered. Nothing earlier is changed. */
export const recover = async (db: LedgerDatabase, scope: Scope): Promise<Recovered> => {
  let found: Recovered = { requests: 0, ambiguous: 0, reserved: ZERO_USD };
  const { writers, firstId } = await goneWriters(db, scope);
  while (writers.length > 0) {
    const lost = await unanswered(db)
      .where('n.writer', 'in', writers)
      .where('n.request_id', '>=', firstId)
      .select('n.request_id')
      .distinct()
      .limit(BATCH)
      .execute();
    if (lost.length === 0) {
      await settle(db, writers);
      break;
    }
    for (const { request_id: requestId } of lost) {
      const open = await unanswered(db)
        .where('n.request_id', '=', requestId)
        .select(['n.attempt', 'n.reserved'])
        .execute();
      const attempts = new Set(open.map((row) => wholeOf(row.attempt)));
      const notes = (await readDispatches(db, requestId)).filter((note) => attempts.has(note.attempt));
      const outcome = interruptedOutcome(notes, (await readRequest(db, requestId))?.decision);
      if (outcome) await insertRows(db, rowsOf([{ kind: 'outcome', outcome }], 'recovered'), scope.self, scope.engine);
      found = {
        requests: found.requests + 1,
        ambiguous: found.ambiguous + notes.length,
        reserved: notes.reduce((sum, note) => addUsd(sum, note.reserved), found.reserved),
      };
    }
  }
  return found;
};
