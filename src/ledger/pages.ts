// How long lists of lessons and decisions are walked without holding them whole. Apart from the queries, so that the main thread loads none of them.
import type { Decision } from '../core/decision.ts';
import type { Lesson } from '../core/ledger.ts';
import type { TrafficMark, TrafficPage } from './traffic.ts';

/** `after`: where the next page starts; undefined on the last. */
export type LessonPage = { readonly lessons: readonly Lesson[]; readonly after: bigint | undefined };

/** Every page in turn, from wherever it is read. */
export const lessonPages = async function* (
  read: (after: bigint) => Promise<LessonPage>,
): AsyncGenerator<readonly Lesson[]> {
  let page = await read(0n);
  while (page.lessons.length > 0) {
    yield page.lessons;
    if (page.after === undefined) return;
    page = await read(page.after);
  }
};

/** Every page of decisions in turn, the newest first. */
export const trafficPages = async function* (
  read: (before: TrafficMark | undefined) => Promise<TrafficPage>,
): AsyncGenerator<readonly Decision[]> {
  let page = await read(undefined);
  while (page.decisions.length > 0) {
    yield page.decisions;
    if (page.before === undefined) return;
    page = await read(page.before);
  }
};
