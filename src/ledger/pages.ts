// How a long list of lessons is walked without holding it whole. Apart from the queries, so that the main thread loads none of them.
import type { Lesson } from '../core/ledger.ts';

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
