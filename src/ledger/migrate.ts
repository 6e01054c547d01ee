// How a ledger's tables are made and brought up to date, and which versions of them this Bourse can open.
import { sql } from 'kysely';
import { RouterError } from '../core/errors.ts';
import { cutIntoMonths } from './partitions.ts';
import { ROLLUP_TABLES } from './rollup-tables.ts';
import type { Engine, LedgerDatabase } from './schema.ts';

export const SCHEMA_VERSION = 7;

const IDENTITY: Readonly<Record<Engine, string>> = {
  sqlite: 'integer primary key autoincrement',
  postgres: 'bigint generated always as identity primary key',
};

const firstVersion = (identity: string): readonly string[] => [
  `create table writers (id ${identity})`,
  `create table documents (hash text primary key, body text not null)`,
  `create table decisions (
    request_id text primary key, at bigint not null, policy text not null, caller text not null, task text not null, band text not null,
    reason text not null, half_life_ms double precision not null, offer text, baseline text, body text not null)`,
  `create index decisions_at on decisions (at)`,
  `create table dispatches (
    request_id text not null, attempt bigint not null, at bigint not null, offer text not null, reserved bigint not null,
    writer bigint not null, primary key (request_id, attempt))`,
  `create table outcomes (
    seq ${identity}, request_id text not null, recovered bigint not null, at bigint not null, status text not null, offer text not null,
    provider text not null, model text not null, cost bigint not null, baseline_cost bigint, output_tokens bigint, body text not null,
    unique (request_id, recovered))`,
  `create table attempts (
    request_id text not null, attempt bigint not null, recovered bigint not null, at bigint not null, offer text not null,
    provider text not null, model text not null, result text not null, cost bigint not null, cost_status text not null, body text not null,
    primary key (request_id, attempt, recovered))`,
  `create table feedback (
    seq ${identity}, request_id text not null, source text not null, score double precision not null, at bigint not null, body text not null)`,
  `create index feedback_request on feedback (request_id, source, seq)`,
];

const withPrices = (identity: string): readonly string[] => [
  `create table price_changes (
    seq ${identity}, offer text not null, verdict text not null, observed_at bigint not null, effective_from bigint not null,
    revision text not null, body text not null, unique (offer, observed_at, verdict, revision))`,
  `create index price_changes_observed on price_changes (observed_at)`,
  `alter table attempts add column billed bigint`,
  `alter table attempts add column computed bigint`,
  `create index attempts_billed on attempts (offer, at) where billed is not null`,
];

type Step = (engine: Engine, db: LedgerDatabase) => readonly string[] | Promise<readonly string[]>;

/** Entry n brings version n to n + 1. Tables only grow: an older row always stays readable. */
const STEPS: readonly Step[] = [
  (engine) => firstVersion(IDENTITY[engine]),
  (engine) => withPrices(IDENTITY[engine]),
  () => ['alter table decisions add column features text'],
  () => ['alter table feedback add column telling text', 'create unique index feedback_telling on feedback (telling)'],
  () =>
    ['decisions', 'dispatches', 'outcomes', 'attempts', 'feedback', 'price_changes'].map(
      (table) => `alter table ${table} add column sum bigint`,
    ),
  async (engine, db) => (engine === 'postgres' ? [...(await cutIntoMonths(db)), ...ROLLUP_TABLES] : []),
  () => [
    'alter table writers add column seen bigint',
    'alter table writers add column settled bigint not null default 0',
  ],
];

const versionOf = async (db: LedgerDatabase): Promise<number> => {
  const row = await db
    .selectFrom('schema_version')
    .select(sql<bigint | null>`max(version)`.as('version'))
    .executeTakeFirst();
  return Number(row?.version ?? 0);
};

const refuse = (found: number, what: string): never => {
  throw new RouterError(
    'ledger_unavailable',
    `The ledger has schema ${found}; this Bourse reads ${SCHEMA_VERSION}. ${what}`,
  );
};

/** @throws RouterError ledger_unavailable where another version than ours wrote it */
export const checkVersion = async (db: LedgerDatabase): Promise<void> => {
  const found = await versionOf(db);
  if (found > SCHEMA_VERSION) refuse(found, 'Start the newer Bourse that wrote it.');
  if (found < SCHEMA_VERSION) refuse(found, 'Open it once for writing to bring it up to date.');
};

/**
 * Creates the tables or brings them up to date, in one transaction.
 * @throws RouterError ledger_unavailable where a newer Bourse wrote it: nothing is touched then
 */
export const migrate = (db: LedgerDatabase, engine: Engine): Promise<void> =>
  db.transaction().execute(async (change) => {
    // Replicas that start together must not create the same table twice.
    if (engine === 'postgres') await sql`select pg_advisory_xact_lock(hashtext(current_schema()), 0)`.execute(change);
    await sql`create table if not exists schema_version (version bigint not null)`.execute(change);
    const found = await versionOf(change);
    if (found > SCHEMA_VERSION) refuse(found, 'Start the newer Bourse that wrote it.');
    for (const [index, step] of STEPS.slice(found).entries()) {
      for (const statement of await step(engine, change)) await sql.raw(statement).execute(change);
      await change
        .insertInto('schema_version')
        .values({ version: found + index + 1 })
        .execute();
    }
  });
