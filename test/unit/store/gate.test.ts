import { describe, expect, it } from 'vitest';
import { createGate } from '../../../src/store/gate.ts';
import { createFakeClock } from '../../support/clock.ts';

const SLOW = new Error('slow');
const setUp = () => {
  const clock = createFakeClock();
  const gate = createGate({ clock, isTimeout: (cause) => cause === SLOW });
  let asked = 0;
  const command = (answer: Promise<string>) => () => {
    asked += 1;
    return answer;
  };
  const fine = () => gate.pass(command(Promise.resolve('fine')));
  const broken = (cause = new Error('refused')) => gate.pass(command(Promise.reject(cause))).catch(() => 'failed');
  return { clock, gate, fine, broken, asked: () => asked };
};

describe('the gate before Redis', () => {
  it('turns every failure into one error a caller can understand', async () => {
    const { gate } = setUp();
    const failing = gate.pass(() => Promise.reject(new Error('NOAUTH')));
    await expect(failing).rejects.toMatchObject({ code: 'overloaded', detail: { cause: { message: 'NOAUTH' } } });
  });

  it('shuts after five failures in a row and asks nothing while it is shut', async () => {
    const { fine, broken, asked } = setUp();
    for (let count = 0; count < 5; count += 1) await broken();
    await expect(fine()).rejects.toMatchObject({ code: 'overloaded' });
    expect(asked()).toBe(5);
  });

  it('stays open while answers come between the failures', async () => {
    const { fine, broken } = setUp();
    for (let count = 0; count < 20; count += 1) {
      await broken();
      expect(await fine()).toBe('fine');
    }
  });

  it('shuts after two timeouts: slow is worse than down', async () => {
    const { fine, broken, asked } = setUp();
    await broken(SLOW);
    await broken(SLOW);
    await expect(fine()).rejects.toMatchObject({ code: 'overloaded' });
    expect(asked()).toBe(2);
  });

  it('lets one command find out after a pause, longer after each vain try and never longer than 15 s', async () => {
    const { clock, gate, fine, broken, asked } = setUp();
    await broken(SLOW);
    await broken(SLOW);
    for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      clock.advance(pauseMs - 1);
      await expect(fine()).rejects.toThrow('does not answer');
      clock.advance(1);
      const before = asked();
      const answer = Promise.withResolvers<string>();
      const probe = gate.pass(() => answer.promise);
      await expect(fine()).rejects.toThrow('does not answer');
      expect(asked()).toBe(before);
      answer.reject(SLOW);
      await expect(probe).rejects.toThrow('does not answer');
    }
    clock.advance(15_000);
    expect(await fine()).toBe('fine');
    expect(await Promise.all([fine(), fine()])).toEqual(['fine', 'fine']);
  });

  it('opens at once when the connection is back', async () => {
    const { gate, fine, broken } = setUp();
    for (let count = 0; count < 5; count += 1) await broken();
    gate.reopen();
    expect(await fine()).toBe('fine');
  });

  it('has a bound on what is waiting', async () => {
    const { gate } = setUp();
    const never = new Promise<string>(() => undefined);
    for (let count = 0; count < 1_000; count += 1) void gate.pass(() => never);
    await expect(gate.pass(() => Promise.resolve('one more'))).rejects.toThrow('too much to do');
  });
});
