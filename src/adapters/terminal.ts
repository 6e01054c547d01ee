// Exactly one terminal event: what may follow a finish (usage only) and what may follow a failure (nothing).
import type { ChatEvent, Frame } from '../core/chat.ts';

export type TerminalGuard = {
  /** The frame with what may not pass cut out; undefined where nothing is left. */
  admit(frame: Frame | undefined): Frame | undefined;
  readonly state: () => 'open' | 'finished' | 'failed';
};

const isTerminal = (event: ChatEvent): boolean => event.type === 'finish' || event.type === 'failure';

export const createTerminalGuard = (): TerminalGuard => {
  let state: 'open' | 'finished' | 'failed' = 'open';

  const afterFinish = (frame: Frame): Frame | undefined => {
    const usage = frame.events.filter((event) => event.type === 'usage');
    // The wire would still say what was cut out of the events.
    if (usage.length < frame.events.length) return usage.length === 0 ? undefined : { events: usage };
    return usage.length === 0 ? undefined : frame;
  };

  const passes = (event: ChatEvent): boolean => {
    if (state === 'failed') return false;
    if (state === 'finished') return event.type === 'usage';
    if (event.type === 'finish') state = 'finished';
    if (event.type === 'failure') state = 'failed';
    return true;
  };

  return {
    admit: (frame) => {
      if (!frame || state === 'failed') return undefined;
      if (state === 'finished') return afterFinish(frame);
      // The common case by far: content, handed on as it is.
      if (!frame.events.some(isTerminal)) return frame;
      const events = frame.events.filter(passes);
      return events.length < frame.events.length ? { events } : frame;
    },
    state: () => state,
  };
};
