// How an answer ends: one terminal event, given when nothing of the answer can follow it any more, and nothing after a failure.
import { type ChatEvent, type Frame, isContent, mergeUsageEvents, type UsageEvent } from '../core/chat.ts';

export type TerminalGuard = {
  /** What may pass of the frame. One with a finish is held back: some sellers say "stop" in every chunk, and go on. */
  admit(frame: Frame | undefined): readonly Frame[];
  /** The finish, with the usage that came after it; undefined where none was said, or a failure came. */
  finish(): Frame | undefined;
  /** `finished`: a finish is held, and nothing of the answer came after it · `doubtful`: a finish was said, and then more of the answer. */
  readonly state: () => 'open' | 'finished' | 'doubtful' | 'failed';
};

const isTerminal = (event: ChatEvent): boolean => event.type === 'finish' || event.type === 'failure';

/** The wire still says what was cut out of the events, so it goes with it. */
const without = (frame: Frame, passes: (event: ChatEvent) => boolean): Frame => {
  const events = frame.events.filter(passes);
  return events.length < frame.events.length ? { events } : frame;
};

export const createTerminalGuard = (): TerminalGuard => {
  let state: ReturnType<TerminalGuard['state']> = 'open';
  /** The frame with the finish, until more of the answer came; after that the finish alone. */
  let held: Frame = { events: [] };
  let finish: ChatEvent | undefined;
  /** Said after the finish, by some in every chunk: one sum, however often. */
  let late: UsageEvent | undefined;

  const readOpen = (frame: Frame): readonly Frame[] => {
    // The common case by far: content, handed on as it is.
    const first = frame.events.find(isTerminal);
    if (!first) return [frame];
    if (first.type === 'failure') {
      state = 'failed';
      return [without(frame, (event) => event === first || !isTerminal(event))];
    }
    state = 'finished';
    finish = first;
    held = without(frame, (event) => event === first || !isTerminal(event));
    return [];
  };

  const readFinished = (frame: Frame): readonly Frame[] => {
    for (const event of frame.events) if (event.type === 'usage') late = mergeUsageEvents(late, event);
    const failure = frame.events.find(({ type }) => type === 'failure');
    const more = frame.events.filter(isContent);
    if (more.length === 0) {
      // What breaks after a whole answer breaks nothing.
      if (state !== 'doubtful' || !failure) return [];
      state = 'failed';
      return [{ events: [failure] }];
    }
    const before = state === 'finished' ? [without(held, (event) => event !== finish)] : [];
    state = failure ? 'failed' : 'doubtful';
    held = finish ? { events: [finish] } : held;
    return [...before, { events: failure ? [...more, failure] : more }];
  };

  return {
    admit: (frame) => {
      if (!frame || state === 'failed') return [];
      return state === 'open' ? readOpen(frame) : readFinished(frame);
    },
    finish: () => {
      if (state === 'open' || state === 'failed') return undefined;
      return late ? { ...held, events: [...held.events, late] } : held;
    },
    state: () => state,
  };
};
