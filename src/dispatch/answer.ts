// The answer after the commit point: frames as they come, one reader, and a settlement whatever happens to it.
import type { Frame } from '../core/chat.ts';
import type { FailureKind } from '../core/failure.ts';
import type { Trial } from './trial.ts';

const DONE = { done: true, value: undefined } as const;

/**
 * @param settle called exactly once, when the answer ends, breaks or its reader leaves; `override` says what the frames cannot.
 */
export const createAnswer = (trial: Trial, settle: (override?: FailureKind) => void): AsyncIterableIterator<Frame> => {
  let next = 0;
  let settled = false;
  const end = (override?: FailureKind): typeof DONE => {
    if (!settled) {
      settled = true;
      trial.stop();
      settle(override);
    }
    return DONE;
  };
  // A whole answer has nothing left to wait for: its cost is known before its first byte is written.
  if (trial.over) end();

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const held = trial.held[next];
      if (held) {
        next += 1;
        return { done: false, value: held };
      }
      if (settled) return DONE;
      const step = await trial.frames.next();
      if (step.done) return end(trial.watch.finish || trial.watch.cause ? undefined : 'interrupted');
      if (!settled) trial.watch.see(step.value);
      return step;
    },
    async return() {
      // Left before the end: the client has gone, and the upstream goes with it. After a failure there is nothing left to wait for.
      return end(trial.watch.finish || trial.watch.cause ? undefined : 'cancelled');
    },
  };
};
