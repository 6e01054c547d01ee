import { describe, expect, it } from 'vitest';
import type { OfferHealth } from '../../../src/dispatch/pursuit.ts';
import { createRetryBudget } from '../../../src/dispatch/retry-budget.ts';
import { createFakeClock } from '../../support/clock.ts';
import { failureFrame } from '../../support/provider.ts';
import { failed, GOOD, read, stage } from '../../support/stage.ts';

const nothing = (): undefined => undefined;
const NEVER_SICK: OfferHealth = {
  began: nothing,
  succeeded: nothing,
  failed: nothing,
  cool: nothing,
  released: nothing,
};
const down = [[failureFrame({ status: 503 })]] as const;

describe('the retry budget', () => {
  it('holds an outage to a tenth more attempts than requests, once its store of retries is used up', async () => {
    const { run, providers } = stage([down, down, down], { health: NEVER_SICK });
    const calls = () => providers.reduce((sum, provider) => sum + provider.calls.length, 0);
    for (let request = 0; request < 200; request += 1) failed(await run());
    const warm = calls();
    // Full at first: 50 retries, and a tenth of what came since.
    expect(warm).toBeLessThanOrEqual(200 + 50 + 20);
    for (let request = 0; request < 1_000; request += 1) failed(await run());
    expect((calls() - warm) / 1_000).toBeLessThanOrEqual(1.1);
    // And no request is refused its first call.
    expect(calls() - warm).toBeGreaterThanOrEqual(1_000);
  });

  it('never rations a second choice that answers', async () => {
    const { run, providers } = stage([down, [GOOD]], { health: NEVER_SICK });
    for (let request = 0; request < 300; request += 1) {
      const dispatched = await run();
      if (!dispatched.committed) throw dispatched.error;
      await read(dispatched.run.answer);
    }
    expect(providers.map(({ calls }) => calls.length)).toEqual([300, 300]);
  });

  it('lets neither a tenant nor a provider burn the retries of another', () => {
    const budget = createRetryBudget({ clock: createFakeClock() });
    const greedy = { tenant: 'greedy', provider: 'down' };
    let taken = 0;
    while (budget.take(greedy)) taken += 1;
    expect(taken).toBe(50);
    expect(budget.take({ tenant: 'other', provider: 'down' })).toBe(false);
    expect(budget.take({ tenant: 'greedy', provider: 'up' })).toBe(false);
    expect(budget.take({ tenant: 'other', provider: 'up' })).toBe(true);
  });

  it('gives ten retries a minute in any case, and never more than its capacity', () => {
    const clock = createFakeClock();
    const budget = createRetryBudget({ clock });
    const payers = { tenant: 't', provider: 'p' };
    while (budget.take(payers));
    clock.advance(30_000);
    expect([1, 2, 3, 4, 5, 6].map(() => budget.take(payers))).toEqual([true, true, true, true, true, false]);
    clock.advance(3_600_000);
    let taken = 0;
    while (budget.take(payers)) taken += 1;
    expect(taken).toBe(50);
  });
});
