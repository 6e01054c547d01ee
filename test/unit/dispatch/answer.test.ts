// What an answer keeps of itself while it is given away.
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/core/chat.ts';
import { createAnswer } from '../../../src/dispatch/answer.ts';
import type { AttemptWatch } from '../../../src/dispatch/attempt.ts';

const saying = (text: string): Frame => ({ events: [{ type: 'text-delta', text }] });

async function* rest(): AsyncGenerator<Frame> {
  yield saying('c');
}

/** Of a call that has begun to answer. */
const WATCH: Pick<AttemptWatch, 'see' | 'finish' | 'cause'> = {
  see: () => undefined,
  finish: undefined,
  cause: undefined,
};

describe('an answer', () => {
  it('lets go what came before the commit point as it gives it on', async () => {
    const held = [saying('a'), saying('b')];
    const watch = WATCH as AttemptWatch;
    const answer = createAnswer(
      { watch, frames: rest(), held, over: false, stop: () => undefined },
      { settle: () => undefined },
    );
    expect(await answer.next()).toEqual({ done: false, value: saying('a') });
    expect(held).toEqual([saying('b')]);
    const others: Frame[] = [];
    for await (const frame of answer) others.push(frame);
    expect(others).toEqual([saying('b'), saying('c')]);
    expect(held).toEqual([]);
  });
});
