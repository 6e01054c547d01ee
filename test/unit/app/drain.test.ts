import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createDrain } from '../../../src/app/drain.ts';
import { createFakeClock } from '../../support/clock.ts';

const setUp = () => {
  const clock = createFakeClock();
  const log: string[] = [];
  const answered = Promise.withResolvers<void>();
  const drain = createDrain({
    clock,
    closeServer: () => {
      log.push('no new requests');
      return answered.promise;
    },
    endAnswers: () => {
      log.push('answers ended');
      answered.resolve();
    },
    stopWork: async () => void log.push('work stopped'),
    settle: async () => void log.push('settled'),
  });
  const pass = async (ms: number): Promise<string[]> => {
    clock.advance(ms);
    for (let count = 0; count < 5; count += 1) await turn();
    return [...log];
  };
  return { drain, pass, answered };
};

describe('a drain', () => {
  it('is not ready at once, serves until it is noticed, then waits for answers, then ends them and settles', async () => {
    const { drain, pass } = setUp();
    expect(drain.ready([])).toEqual({ ready: true, reasons: [] });
    const closed = drain.close({ noticeMs: 5_000, graceMs: 30_000 });
    expect(drain.ready([])).toEqual({ ready: false, reasons: ['this server is stopping'] });
    expect(await pass(4_999)).toEqual([]);
    expect(await pass(1)).toEqual(['work stopped', 'no new requests']);
    expect(await pass(29_999)).toHaveLength(2);
    expect(await pass(1)).toEqual(['work stopped', 'no new requests', 'answers ended', 'settled']);
    await closed;
  });

  it('does not wait longer than there is something to wait for', async () => {
    const { drain, pass, answered } = setUp();
    const closed = drain.close({ graceMs: 30_000 });
    await pass(0);
    answered.resolve();
    await closed;
    expect(await pass(0)).toContain('settled');
  });

  it.each([0, 5_000])('told to hurry, cuts its waits short and still settles (notice %d ms)', async (noticeMs) => {
    const { drain, pass } = setUp();
    const closed = drain.close({ noticeMs, graceMs: 30_000 });
    await pass(10);
    drain.hurry();
    await closed;
    expect(await pass(0)).toEqual(['work stopped', 'no new requests', 'answers ended', 'settled']);
  });
});
