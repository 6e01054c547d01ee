// What beliefs are rebuilt from: requests that were answered, page by page, oldest first.
import { OVERHEAD } from '../core/decision.ts';
import type { Lesson } from '../core/ledger.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Band, Task } from '../core/profile.ts';
import { firstIdAt } from '../core/request-id.ts';
import { isExplicit, judgementOf } from '../core/reward.ts';
import type { Signal } from '../core/signal.ts';
import type { LessonPage } from './pages.ts';
import { decode } from './codec.ts';
import { wholeOf } from './read.ts';
import { signalsFor } from './reward.ts';
import type { LedgerDatabase } from './schema.ts';

const LESSONS_PER_PAGE = 500;
/** A request named so long before may still have been answered since: names bound what is looked through. */
const LONGEST_MS = 3_600_000;

/** Somebody has judged what our own signals speak of as well: what these are calibrated by. */
const isPair = (signals: readonly Signal[]): boolean =>
  signals.some(({ source }) => isExplicit(source)) && signals.some(({ source }) => !isExplicit(source));

/** @param since epoch ms; only what was answered from then on. A lesson names the offer that answered, which is not always the one that was chosen first. */
export const readLessons = async (db: LedgerDatabase, after: bigint, since?: number): Promise<LessonPage> => {
  const answered = await db
    .selectFrom('outcomes as o')
    .innerJoin('decisions as d', 'd.request_id', 'o.request_id')
    .where('o.status', '=', 'ok')
    .where('d.reason', 'not in', OVERHEAD)
    .where('o.seq', '>', after)
    .$if(since !== undefined, (query) =>
      query.where('o.at', '>=', BigInt(since ?? 0)).where('o.request_id', '>=', firstIdAt((since ?? 0) - LONGEST_MS)),
    )
    .orderBy('o.seq')
    .limit(LESSONS_PER_PAGE)
    .select([
      'o.seq',
      'o.request_id',
      'o.at',
      'o.model',
      'o.offer',
      'o.output_tokens',
      'o.body',
      'd.task',
      'd.band',
      'd.half_life_ms',
      'd.features',
      'd.caller',
    ])
    .execute();
  if (answered.length === 0) return { lessons: [], after: undefined };
  const said = await signalsFor(
    db,
    answered.map((row) => row.request_id),
  );
  const lessons = answered.map((row): Lesson => {
    const { caller = row.caller, signals: shown = [] } = decode(row.body) as Pick<Outcome, 'caller' | 'signals'>;
    const signals = [...shown, ...(said.get(row.request_id) ?? [])];
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
      ...judgementOf(signals),
      caller,
      ...(isPair(signals) && { signals }),
    };
  });
  const last = answered.at(-1)?.seq;
  return { lessons, after: answered.length < LESSONS_PER_PAGE ? undefined : last };
};
