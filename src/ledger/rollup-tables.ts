// PostgreSQL: the tables of sums by hour, kept so that a report need not add up every request again.
import type { ColumnType } from 'kysely';

/** Written as a number, read as bigint: a sum never leaves whole numbers. */
export type Whole = ColumnType<bigint, number | bigint, never>;

export type RollupTables = {
  /**
   * Hours (of decisions, since 1970). watched: from now on whoever adds to a request of this hour says so in `rollup_late` first. built:
   * `rollups` holds its sums. sealed: built, and its requests may be gone.
   */
  rolled_hours: { hour: Whole; state: 'watched' | 'built' | 'sealed' };
  /** Requests of such an hour that were added to since: their share is taken out of `rollups` (rows below zero), and they are read themselves. */
  rollup_late: { request_id: string; hour: Whole };
  /** Sums of an hour by one thing (axis and key) and reason of deciding; several rows may make up one. */
  rollups: {
    hour: Whole;
    axis: string;
    key: string;
    reason: string;
    requests: Whole;
    failed: Whole;
    cancelled: Whole;
    cost_squares: string;
    baseline_cost: Whole;
    compared_cost: Whole;
    compared: Whole;
    reward: Whole;
    judged: Whole;
    attempts: Whole;
    cost: Whole;
    estimated_cost: Whole;
    ambiguous_cost: Whole;
    ambiguous: Whole;
  };
};

const zero = (names: string, type: string): string =>
  names
    .split(' ')
    .map((name) => `${name} ${type} not null default 0`)
    .join(', ');

export const ROLLUP_TABLES: readonly string[] = [
  `create table rolled_hours (hour bigint primary key, state text not null)`,
  `create table rollup_late (request_id text collate "C" primary key, hour bigint not null)`,
  `create index rollup_late_hour on rollup_late (hour)`,
  `create table rollups (hour bigint not null, axis text not null, key text not null, reason text not null,
    ${zero('requests failed cancelled', 'bigint')}, ${zero('cost_squares', 'numeric')},
    ${zero('baseline_cost compared_cost compared reward judged', 'bigint')},
    ${zero('attempts cost estimated_cost ambiguous_cost ambiguous', 'bigint')})`,
  `create index rollups_axis on rollups (axis, hour)`,
];
