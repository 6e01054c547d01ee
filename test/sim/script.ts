// A seller's act as a list of frames with the time before each: what a call would see if nobody interfered.
import type { ChatEvent, Frame } from '../../src/core/chat.ts';
import type { FailureCause } from '../../src/core/failure.ts';
import type { Timeouts } from '../../src/core/ports.ts';
import type { Act } from './acts.ts';

export const CHARACTERS_PER_TOKEN = 4;
const FILLER = 'word'.repeat(200);
const ABSURD = 1e12;

export type Step = {
  readonly afterMs: number;
  /** The router waits no longer than this. */
  readonly mostMs: number;
  readonly frame: Frame;
  /** Of content in the frame. */
  readonly characters: number;
  readonly ends?: 'whole' | 'failed';
};

export const failure = (cause: FailureCause): Frame => ({ events: [{ type: 'failure', cause }] });

export type Asked = {
  readonly stream: boolean;
  /** Cap on the answer, in tokens. */
  readonly cap: number;
  readonly timeouts: Timeouts;
  /** What the seller counts of the prompt. */
  readonly input: number;
};

const usage = ({ usage }: Act, input: number, output: number): readonly ChatEvent[] => {
  if (usage === 'none') return [];
  return [{ type: 'usage', usage: usage === 'absurd' ? { input: ABSURD, output: ABSURD } : { input, output } }];
};

const content = (tokens: number): readonly ChatEvent[] =>
  tokens > 0 ? [{ type: 'text-delta', text: FILLER.slice(0, CHARACTERS_PER_TOKEN * tokens) }] : [];

const lastOf = (act: Act, { input }: Asked, output: number): readonly ChatEvent[] =>
  act.cause
    ? [{ type: 'failure', cause: act.cause }]
    : [{ type: 'finish', reason: act.finish ?? 'stop' }, ...usage(act, input, output)];

/** All at once: what breaks on the way has given nothing away. */
const whole = (act: Act, asked: Asked, tokens: number): readonly Step[] => {
  const given = act.cause ? 0 : tokens;
  return [
    {
      afterMs: act.firstMs + tokens * act.perTokenMs,
      mostMs: asked.timeouts.wholeMs ?? asked.timeouts.firstTokenMs,
      frame: { events: [...content(given), ...lastOf(act, asked, tokens)] },
      characters: CHARACTERS_PER_TOKEN * given,
      ends: act.cause ? 'failed' : 'whole',
    },
  ];
};

export const scriptOf = (act: Act, asked: Asked): readonly Step[] => {
  const tokens = Math.min(act.tokens, asked.cap);
  if (!asked.stream) return whole(act, asked, tokens);
  const { firstTokenMs, idleMs } = asked.timeouts;
  const pieces = tokens > 0 ? Math.min(act.pieces, tokens) : 0;
  const steps: Step[] = [];
  let written = 0;
  for (let piece = 1; piece <= pieces; piece++) {
    const some = Math.floor((tokens * piece) / pieces) - written;
    steps.push({
      afterMs: piece === 1 ? act.firstMs : act.perTokenMs * some,
      mostMs: piece === 1 ? firstTokenMs : idleMs,
      frame: { events: content(some) },
      characters: CHARACTERS_PER_TOKEN * some,
    });
    written += some;
  }
  const last = { frame: { events: lastOf(act, asked, tokens) }, characters: 0, mostMs: firstTokenMs };
  steps.push({ ...last, afterMs: pieces === 0 ? act.firstMs : 0, ends: act.cause ? 'failed' : 'whole' });
  return steps;
};
