// The one timer of a call: what counts as waiting and what does not.
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createWatchdog } from '../../../src/adapters/watchdog.ts';
import { createFakeClock } from '../../support/clock.ts';

const setUp = () => {
  const clock = createFakeClock();
  let expired = 0;
  const watch = createWatchdog({ clock, onExpire: () => void (expired += 1) });
  const pass = async (ms: number): Promise<number> => {
    clock.advance(ms);
    // One turn to wake, one in which what lies in the sockets would be read.
    await turn();
    await turn();
    return expired;
  };
  return { watch, pass };
};

describe('the watchdog', () => {
  it('fires once, when the allowance is used up', async () => {
    const { watch, pass } = setUp();
    watch.arm(100);
    expect(await pass(99)).toBe(0);
    expect(await pass(1)).toBe(1);
    expect(await pass(1000)).toBe(1);
  });

  it('a new allowance starts afresh', async () => {
    const { watch, pass } = setUp();
    watch.arm(100);
    await pass(90);
    watch.arm(100);
    expect(await pass(90)).toBe(0);
    expect(await pass(10)).toBe(1);
  });

  it('a shorter allowance cuts a longer sleep short', async () => {
    const { watch, pass } = setUp();
    watch.arm(10_000);
    watch.arm(50);
    expect(await pass(50)).toBe(1);
  });

  it('does not count while the reader is busy', async () => {
    const { watch, pass } = setUp();
    watch.arm(100);
    await pass(60);
    watch.pause();
    expect(await pass(5_000)).toBe(0);
    watch.resume();
    expect(await pass(39)).toBe(0);
    expect(await pass(1)).toBe(1);
  });

  it('never fires once stopped', async () => {
    const { watch, pass } = setUp();
    watch.arm(100);
    watch.stop();
    watch.arm(100);
    expect(await pass(1_000)).toBe(0);
  });
});
