// What those who judged an answer said last, and the one reward it comes to by the weights of core/reward.ts.
import { sql } from 'kysely';
import { OTHER_SOURCE_WEIGHT, rewardOf, SOURCE_WEIGHTS } from '../core/reward.ts';
import { wholeOf } from './read.ts';
import type { LedgerDatabase } from './schema.ts';

/** Of each request and source the newest telling. */
const latest = (db: LedgerDatabase) =>
  db.selectFrom('feedback as said').where(
    sql<boolean>`not exists (select 1 from feedback later
        where later.request_id = said.request_id and later.source = said.source and later.seq > said.seq)`,
  );

/** Reward by request, for those of these requests that somebody judged. */
export const rewardsFor = async (
  db: LedgerDatabase,
  requestIds: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const rows = await latest(db)
    .where('said.request_id', 'in', requestIds)
    .orderBy('said.seq')
    .select(['said.request_id', 'said.source', 'said.score', 'said.at'])
    .execute();
  const signals = Map.groupBy(rows, (row) => row.request_id);
  return new Map(
    [...signals].flatMap(([id, said]): [string, number][] => {
      const reward = rewardOf(said.map(({ source, score, at }) => ({ source, score, at: wholeOf(at) })));
      return reward === undefined ? [] : [[id, reward]];
    }),
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

/** Sub-query (request_id, reward): rewardOf in SQL, for sums over many requests. */
export const rewardsOf = (db: LedgerDatabase) =>
  latest(db)
    .groupBy('said.request_id')
    .select([
      'said.request_id as request_id',
      sql<number>`sum((${weight}) * said.score) / sum(${weight})`.as('reward'),
    ]);
