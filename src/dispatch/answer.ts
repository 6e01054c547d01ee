// The answer after the commit point: frames as they come, one reader, and a settlement whatever happens to it.
import type { Frame } from '../core/chat.ts';
import type { FailureKind } from '../core/failure.ts';
import type { Trial } from './trial.ts';

const DONE = { done: true, value: undefined } as const;

/** Where an answer broke off: what takes it up again. */
export type Resume = {
  /** Hears every frame that is given away. */
  readonly gave: (frame: Frame) => void;
  /** A call that goes on where the broken one ended and has begun to answer; the broken one is then closed. undefined: nobody can. */
  readonly next: (broken: Trial) => Promise<Trial | undefined>;
};

export type AnswerEnds = {
  readonly resume?: Resume;
  /** Called exactly once, when the answer ends, breaks or its reader leaves; `override` says what the frames cannot. */
  readonly settle: (last: Trial, override?: FailureKind) => void;
};

const isBroken = ({ watch }: Trial, isOver: boolean): boolean =>
  watch.finish === undefined && (watch.cause !== undefined || isOver);

/** What ended it, where its own frames do not say. */
const unlessOver = ({ watch }: Trial, kind: FailureKind): FailureKind | undefined =>
  watch.finish || watch.cause ? undefined : kind;

export const createAnswer = (first: Trial, ends: AnswerEnds): AsyncIterableIterator<Frame> => {
  /** Gone once it could not: a break is taken up at once or not at all. */
  let { resume } = ends;
  let trial = first;
  let settled = false;
  /** While another call is asked to go on, the end waits: that call has its cost too. */
  let resuming: Promise<Trial | undefined> | undefined;
  const end = (override?: FailureKind): typeof DONE => {
    if (!settled) {
      settled = true;
      trial.stop();
      ends.settle(trial, override);
    }
    return DONE;
  };
  // A whole answer has nothing left to wait for: its cost is known before its first byte is written.
  if (trial.over) end();

  const pull = async (): Promise<IteratorResult<Frame>> => {
    for (;;) {
      const held = trial.held.shift();
      if (held) {
        resume?.gave(held);
        return { done: false, value: held };
      }
      if (settled) return DONE;
      const step = await trial.frames.next();
      if (!step.done && !settled) trial.watch.see(step.value);
      if (resume && !settled && isBroken(trial, step.done === true)) {
        resuming = resume.next(trial);
        const more = await resuming;
        resuming = undefined;
        if (more) {
          trial = more;
          continue;
        }
        resume = undefined;
      }
      if (step.done) return end(unlessOver(trial, 'interrupted'));
      resume?.gave(step.value);
      return step;
    }
  };

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: pull,
    async return() {
      if (resuming) await resuming;
      // Left before the end: the client has gone, and the upstream goes with it. After a failure there is nothing left to wait for.
      return end(unlessOver(trial, 'cancelled'));
    },
  };
};
