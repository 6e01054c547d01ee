// What a ledger teaches, made twice: by reading it from its beginning, and entry by entry as they came, by one who was never killed.
import type { RequestView } from '../../src/core/ledger.ts';
import type { Ledger } from '../../src/core/ports.ts';
import { type Beliefs, createBeliefs } from '../../src/learn/beliefs.ts';
import { lessonOf } from '../../src/learn/lesson.ts';

/** Of every model: what lessons are remembered does not depend on it. */
const PRIOR = { easy: 0.8, hard: 0.6, weight: 3, outputTokens: 200 };

export const freshBeliefs = (): Beliefs => createBeliefs({ priorOf: () => PRIOR });

/** As a router does at its start. */
export const rebuiltDigest = async (ledger: Pick<Ledger, 'lessons'>): Promise<string> => {
  const beliefs = freshBeliefs();
  for await (const lessons of ledger.lessons()) for (const lesson of lessons) beliefs.learn(lesson);
  return beliefs.digest();
};

/** As a router does while requests end and are judged: each judgement takes back what was taught before. */
export const teach = (beliefs: Beliefs, { decision, outcome, feedback }: RequestView): void => {
  if (!outcome || decision.reason === 'probe') return;
  const first = lessonOf(decision, outcome);
  if (first) beliefs.learn(first);
  for (const [at] of feedback.entries()) {
    const [was, is] = [
      lessonOf(decision, outcome, feedback.slice(0, at)),
      lessonOf(decision, outcome, feedback.slice(0, at + 1)),
    ];
    if (was) beliefs.unlearn(was);
    if (is) beliefs.learn(is);
  }
};
