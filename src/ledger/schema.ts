// What the ledger's tables are, on SQLite and PostgreSQL alike.
import type { ColumnType, Generated, Kysely } from 'kysely';
import type { RollupTables, Whole } from './rollup-tables.ts';

type MaybeWhole = ColumnType<bigint | null, number | bigint | null, never>;

/**
 * `body` columns hold JSON; the other columns are what reports group and filter by. `sum`: of the row as it was written (sums.ts); null
 * before version 5.
 */
export type Tables = RollupTables & {
  schema_version: { version: Whole };
  /**
   * One row per opening for writing: tells whose unanswered dispatches are whose. `seen`: all that it had recorded by then (epoch ms) is here;
   * null where nobody says. `settled` 1: it is gone, and what it left unanswered has been settled.
   */
  writers: {
    id: Generated<bigint>;
    seen: ColumnType<bigint | null, number | null, number>;
    settled: ColumnType<bigint, number | undefined, number>;
  };
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
