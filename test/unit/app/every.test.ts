import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { every } from '../../../src/app/every.ts';
import { createFakeClock } from '../../support/clock.ts';

it('goes on when a run fails, never runs twice at once, and stops when it is told to', async () => {
  const clock = createFakeClock();
  let runs = 0;
  let finish = (): void => undefined;
  const repeated = every(1_000, clock, async () => {
    runs += 1;
    if (runs === 1) throw new Error('the first fails');
    if (runs === 2) await new Promise<void>((resolve) => (finish = resolve));
  });
  const pass = async (ms: number): Promise<number> => {
    clock.advance(ms);
    await turn();
    return runs;
  };
  expect(await pass(999)).toBe(0);
  expect(await pass(1)).toBe(1);
  expect(await pass(1_000)).toBe(2);
  // It is still under way.
  expect(await pass(5_000)).toBe(2);
  finish();
  await turn();
  expect(await pass(1_000)).toBe(3);
  await repeated.stop();
  expect(await pass(5_000)).toBe(3);
});
