// What beliefs are rebuilt from: requests that were answered, page by page, oldest first.
import type { Reason } from '../core/decision.ts';
import type { Lesson } from '../core/ledger.ts';
import type { Band, Task } from '../core/profile.ts';
import type { LessonPage } from './pages.ts';
import { wholeOf } from './read.ts';
import { rewardsFor } from './reward.ts';
import type { LedgerDatabase } from './schema.ts';

const LESSONS_PER_PAGE = 500;

/** A lesson names the offer that answered, which is not always the one that was chosen first. */
export const readLessons = async (db: LedgerDatabase, after: bigint): Promise<LessonPage> => {
  const answered = await db
    .selectFrom('outcomes as o')
    .innerJoin('decisions as d', 'd.request_id', 'o.request_id')
    .where('o.status', '=', 'ok')
    .where('d.reason', '<>', 'probe' satisfies Reason)
    .where('o.seq', '>', after)
    .orderBy('o.seq')
    .limit(LESSONS_PER_PAGE)
    .select([
      'o.seq',
      'o.request_id',
      'o.at',
      'o.model',
      'o.offer',
      'o.output_tokens',
      'd.task',
      'd.band',
      'd.half_life_ms',
      'd.features',
    ])
    .execute();
  if (answered.length === 0) return { lessons: [], after: undefined };
  const rewards = await rewardsFor(
    db,
    answered.map((row) => row.request_id),
  );
  const lessons = answered.map((row): Lesson => {
    const reward = rewards.get(row.request_id);
    return {
      requestId: row.request_id,
      at: wholeOf(row.at),
      model: row.model,
      offer: row.offer,
      task: row.task as Task,
      band: row.band as Band,
      halfLifeMs: row.half_life_ms,
      ...(row.features !== null && { features: row.features }),
      ...(row.output_tokens !== null && { outputTokens: wholeOf(row.output_tokens) }),
      ...(reward !== undefined && { reward }),
    };
  });
  const last = answered.at(-1)?.seq;
  return { lessons, after: answered.length < LESSONS_PER_PAGE ? undefined : last };
};
