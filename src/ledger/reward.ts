// What those who judged an answer said last, and the one reward it comes to by the weights of core/reward.ts.
import { sql } from 'kysely';
import type { Feedback } from '../core/ledger.ts';
import { OTHER_SOURCE_WEIGHT, SOURCE_WEIGHTS, STRUCTURE } from '../core/reward.ts';
import type { Signal } from '../core/signal.ts';
import { decode } from './codec.ts';
import type { LedgerDatabase } from './schema.ts';

/** Of each request and source the newest telling. */
const latest = (db: LedgerDatabase) =>
  db.selectFrom('feedback as said').where(
    sql<boolean>`not exists (select 1 from feedback later
        where later.request_id = said.request_id and later.source = said.source and later.seq > said.seq)`,
  );

/** What was said of each of these requests, by request: the newest of each source. */
export const signalsFor = async (
  db: LedgerDatabase,
  requestIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Signal[]>> => {
  const rows = await latest(db)
    .where('said.request_id', 'in', requestIds)
    .orderBy('said.seq')
    .select(['said.request_id', 'said.body'])
    .execute();
  return new Map(
    [...Map.groupBy(rows, (row) => row.request_id)].map(([id, said]) => [
      id,
      said.map(({ body }): Signal => {
        const { source, score, at, taken } = decode(body) as Feedback;
        return { source, score, at, ...(taken ? { taken } : {}) };
      }),
    ]),
  );
};

const weight = sql.join(
  [
    sql`case said.source`,
    ...Object.entries(SOURCE_WEIGHTS).map(([source, heft]) => sql`when ${sql.lit(source)} then ${sql.lit(heft)}`),
    sql`else ${sql.lit(OTHER_SOURCE_WEIGHT)} end`,
  ],
  sql` `,
);

/**
 * Sub-query (request_id, reward): rewardOf in SQL, for sums over many requests. Scores as they were given at the usual weights, without structure, so that
 * reports compare across policies.
 */
export const rewardsOf = (db: LedgerDatabase) =>
  latest(db)
    .where('said.source', 'not in', Object.keys(STRUCTURE))
    .groupBy('said.request_id')
    .select([
      'said.request_id as request_id',
      sql<number>`sum((${weight}) * said.score) / sum(${weight})`.as('reward'),
    ]);
