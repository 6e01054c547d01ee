// Whether a ledger is whole: one part after the other, page by page, so that memory stays small and a running server is not held up.
import { sql } from 'kysely';
import type { PriceRecord } from '../core/price-history.ts';
import { checkRollups } from './check-rollups.ts';
import { checkRequest, type Problem, referencesOf, RESTORE } from './check-request.ts';
import { decode, hashOf } from './codec.ts';
import { type DayTotals, totalsOf } from './day-totals.ts';
import { readBodies, readRequestRows } from './request-rows.ts';
import type { Engine, LedgerDatabase } from './schema.ts';
import { isAsWritten } from './sums.ts';
import type { TrafficMark } from './traffic.ts';

/** Where the walk is. */
export type CheckStep =
  | { readonly part: 'file' }
  | { readonly part: 'documents'; readonly after: string }
  | { readonly part: 'requests'; readonly after?: TrafficMark }
  | { readonly part: 'orphans' }
  | { readonly part: 'prices'; readonly after: bigint }
  | { readonly part: 'rollups' };

export type CheckPage = {
  readonly problems: readonly Problem[];
  /** Rows or requests looked at. */
  readonly looked: number;
  /** Calls under way, or cut off and not settled yet. */
  readonly open?: number;
  /** Requests that ended, replayed from their bodies, by day. */
  readonly days?: readonly DayTotals[];
  /** Requests decided before it, epoch ms, may have been dropped, and only what they came to is kept. */
  readonly sealedUntil?: number;
  /** Undefined at the end of a part. */
  readonly next?: CheckStep;
};

/** In this order. */
export const FIRST_STEPS: readonly CheckStep[] = [
  { part: 'file' },
  { part: 'documents', after: '' },
  { part: 'requests' },
  { part: 'orphans' },
  { part: 'prices', after: 0n },
  { part: 'rollups' },
];

const PER_PAGE = 500;
const MOST_NAMED = 100;
const EVER = { from: -8.64e15, to: 8.64e15 };

const REBUILD =
  'stop the router, copy ledger.sqlite, -wal and -shm aside, and restore a backup; "sqlite3 ledger.sqlite .recover" saves what can be';

/** SQLite knows the state of its pages and indexes; a PostgreSQL server looks after its own (amcheck, data checksums). */
const checkFile = async (db: LedgerDatabase, engine: Engine): Promise<CheckPage> => {
  if (engine === 'postgres') return { problems: [], looked: 0 };
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(${sql.lit(MOST_NAMED)})`.execute(db);
  const problems = rows
    .map((row) => row.integrity_check)
    .filter((said) => said !== 'ok')
    .map((what): Problem => ({ table: 'file', row: 'ledger.sqlite', what, remedy: REBUILD }));
  return { problems, looked: 1 };
};

const checkDocuments = async (db: LedgerDatabase, after: string): Promise<CheckPage> => {
  const page = db.selectFrom('documents').selectAll().where('hash', '>', after);
  const rows = await page.orderBy('hash').limit(PER_PAGE).execute();
  const problems = rows
    .filter(({ hash, body }) => hashOf(body) !== hash)
    .map(({ hash }): Problem => ({ table: 'documents', row: hash, what: 'its content differs', remedy: RESTORE }));
  const last = rows.at(-1)?.hash;
  const next = rows.length === PER_PAGE && last !== undefined ? { part: 'documents' as const, after: last } : undefined;
  return { problems, looked: rows.length, ...(next && { next }) };
};

const newestWriter = async (db: LedgerDatabase, engine: Engine): Promise<bigint> => {
  // Any of the replicas may be alive.
  if (engine === 'postgres') return 0n;
  const row = await db.selectFrom('writers').select(sql<bigint | null>`max(id)`.as('id')).executeTakeFirst();
  return row?.id ?? 0n;
};

const decodeAll = (bodies: ReadonlyMap<string, string>): ReadonlyMap<string, unknown> => {
  const decoded = new Map<string, unknown>();
  for (const [hash, body] of bodies)
    try {
      decoded.set(hash, decode(body));
    } catch {
      // Named by the check of documents; a decision that refers to it says that it is gone.
    }
  return decoded;
};

const checkRequests = async (db: LedgerDatabase, engine: Engine, after?: TrafficMark): Promise<CheckPage> => {
  const { requests, next } = await readRequestRows(db, { range: EVER, after });
  const hashes = [...new Set(requests.flatMap(referencesOf))];
  const terms = { bodies: decodeAll(await readBodies(db, hashes)), newest: await newestWriter(db, engine) };
  const checked = requests.map((rows) => checkRequest(rows, terms));
  return {
    problems: checked.flatMap(({ problems }) => problems),
    looked: requests.length,
    open: checked.reduce((sum, { open }) => sum + open, 0),
    days: totalsOf(requests),
    ...(next && { next: { part: 'requests', after: next } }),
  };
};

/** Rows whose request has no decision: they would be in no report. */
const checkOrphans = async (db: LedgerDatabase): Promise<CheckPage> => {
  const problems: Problem[] = [];
  for (const table of ['dispatches', 'outcomes', 'attempts', 'feedback'] as const) {
    const { rows } = await sql<{ request_id: string }>`
      select distinct request_id from ${sql.table(table)} t
      where not exists (select 1 from decisions d where d.request_id = t.request_id) limit ${sql.lit(MOST_NAMED)}
    `.execute(db);
    for (const row of rows)
      problems.push({ table, row: row.request_id, what: 'the decision of its request is gone', remedy: RESTORE });
  }
  return { problems, looked: 0 };
};

const checkPrices = async (db: LedgerDatabase, after: bigint): Promise<CheckPage> => {
  const page = db.selectFrom('price_changes').selectAll().where('seq', '>', after);
  const rows = await page.orderBy('seq').limit(PER_PAGE).execute();
  const problems: Problem[] = [];
  for (const row of rows) {
    const name = `${row.offer} (${row.seq})`;
    const say = (what: string) => problems.push({ table: 'price_changes', row: name, what, remedy: RESTORE });
    if (!isAsWritten('price_changes', row)) say('its checksum differs');
    try {
      if ((decode(row.body) as PriceRecord).sheet.revision !== row.revision) say('its columns and its body differ');
    } catch {
      say('it does not decode');
    }
  }
  const last = rows.at(-1)?.seq;
  const next = rows.length === PER_PAGE && last !== undefined ? { part: 'prices' as const, after: last } : undefined;
  return { problems, looked: rows.length, ...(next && { next }) };
};

/** One page of one part. @throws the database's error where a damaged page cannot be read at all */
export const readCheck = (db: LedgerDatabase, engine: Engine, step: CheckStep): Promise<CheckPage> => {
  switch (step.part) {
    case 'file':
      return checkFile(db, engine);
    case 'documents':
      return checkDocuments(db, step.after);
    case 'requests':
      return checkRequests(db, engine, step.after);
    case 'orphans':
      return checkOrphans(db);
    case 'prices':
      return checkPrices(db, step.after);
    case 'rollups':
      return engine === 'postgres' ? checkRollups(db) : Promise.resolve({ problems: [], looked: 0 });
    default:
      return step satisfies never;
  }
};
