// How several opinions of one answer become one reward: the plain mean over sources of each source's latest score.
import { sql } from 'kysely';
import type { LedgerDatabase } from './schema.ts';

/** Sub-query (request_id, reward). The only place that combines scores; weights per source would go here. */
export const rewardsOf = (db: LedgerDatabase) =>
  db
    .selectFrom('feedback as said')
    .where(
      sql<boolean>`not exists (select 1 from feedback later
        where later.request_id = said.request_id and later.source = said.source and later.seq > said.seq)`,
    )
    .groupBy('said.request_id')
    .select(['said.request_id as request_id', sql<number>`avg(said.score)`.as('reward')]);
