// What the ledger's tables are, on SQLite and PostgreSQL alike, and which versions of them this Bourse can open.
import { type ColumnType, type Generated, type Kysely, sql } from 'kysely';
import { RouterError } from '../core/errors.ts';

/** Written as a number, read as bigint: a sum never leaves whole numbers. */
type Whole = ColumnType<bigint, number | bigint, never>;
type MaybeWhole = ColumnType<bigint | null, number | bigint | null, never>;

/**
 * `body` columns hold JSON; the other columns are what reports group and filter by. `sum`: of the row as it was written (sums.ts); null
 * before version 5.
 */
export type Tables = {
  schema_version: { version: Whole };
  /** One row per opening for writing: tells whose unanswered dispatches are whose. */
  writers: { id: Generated<bigint> };
  /** Plans, offers and price sheets, each once under its hash: decisions would otherwise repeat them. */
  documents: { hash: string; body: string };
  decisions: {
    request_id: string;
    at: Whole;
    policy: string;
    caller: string;
    task: string;
    band: string;
    reason: string;
    half_life_ms: number;
    offer: string | null;
    baseline: string | null;
    /** Of the profile, for lessons (core/features.ts); null before version 3. */
    features: string | null;
    body: string;
    sum: MaybeWhole;
  };
  dispatches: {
    request_id: string;
    attempt: Whole;
    at: Whole;
    offer: string;
    reserved: Whole;
    writer: Whole;
    sum: MaybeWhole;
  };
  /** `recovered` 1: written at an opening for a request whose router died; a true outcome, should one arrive, wins over it. */
  outcomes: {
    request_id: string;
    recovered: Whole;
    seq: Generated<bigint>;
    at: Whole;
    status: string;
    offer: string;
    provider: string;
    model: string;
    /** All attempts but the ambiguous ones. */
    cost: Whole;
    baseline_cost: MaybeWhole;
    /** Of an answer that ended of itself; null where it was cut or capped. */
    output_tokens: MaybeWhole;
    body: string;
    sum: MaybeWhole;
  };
  attempts: {
    request_id: string;
    attempt: Whole;
    recovered: Whole;
    at: Whole;
    offer: string;
    provider: string;
    model: string;
    result: string;
    cost: Whole;
    cost_status: string;
    /** What the provider said it charged, and what the sheet says beside it. */
    billed: MaybeWhole;
    computed: MaybeWhole;
    body: string;
    sum: MaybeWhole;
  };
  feedback: {
    seq: Generated<bigint>;
    request_id: string;
    source: string;
    score: number;
    at: Whole;
    body: string;
    /** Tells one telling from the next, however often it is delivered; null before version 4. */
    telling: string | null;
    sum: MaybeWhole;
  };
  price_changes: {
    seq: Generated<bigint>;
    offer: string;
    verdict: string;
    observed_at: Whole;
    effective_from: Whole;
    revision: string;
    body: string;
    sum: MaybeWhole;
  };
};

export type LedgerDatabase = Kysely<Tables>;
export type Engine = 'sqlite' | 'postgres';

export const SCHEMA_VERSION = 5;

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

/** Entry n brings version n to n + 1. Tables only grow: an older row always stays readable. */
const STEPS: readonly ((engine: Engine) => readonly string[])[] = [
  (engine) => firstVersion(IDENTITY[engine]),
  (engine) => withPrices(IDENTITY[engine]),
  () => ['alter table decisions add column features text'],
  () => ['alter table feedback add column telling text', 'create unique index feedback_telling on feedback (telling)'],
  () =>
    ['decisions', 'dispatches', 'outcomes', 'attempts', 'feedback', 'price_changes'].map(
      (table) => `alter table ${table} add column sum bigint`,
    ),
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
      for (const statement of step(engine)) await sql.raw(statement).execute(change);
      await change
        .insertInto('schema_version')
        .values({ version: found + index + 1 })
        .execute();
    }
  });
