// What pacing believes to be spent is what the store counts, and in the end what the ledger says: after any requests, crashes and turns of the calendar.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { nanoUsd } from '../../src/core/money.ts';
import type { Policy } from '../../src/core/policy.ts';
import { PERIODS_MS, type Period, windowAt } from '../../src/core/window.ts';
import { budgetCounter, counterOf } from '../../src/policy/limits.ts';
import { askFor, createBudgetWorld, outcomeOf, RESERVED } from '../support/budget-world.ts';
import { samplePlan } from '../support/sample.ts';

const DOLLAR = 1_000_000_000;
const HOUR_MS = PERIODS_MS.hour;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), price: fc.integer({ min: 0, max: 9 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(),
      cost: fc.integer({ min: 0, max: RESERVED }),
      how: fc.constantFrom('billed', 'refunded', 'ambiguous'),
    }),
  },
  // Up to days at once, so that windows of every kind turn.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  // Somebody sets the clock, which is off by up to a window then.
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('jump' as const), to: fc.double({ min: -0.5, max: 0.5, noNaN: true }) }),
  },
);

const policyWith = (period: Period): Policy => ({
  name: 'auto',
  about: 'x',
  hash: 'h',
  plan: samplePlan({
    objective: { kind: 'budget', amount: nanoUsd(DOLLAR), periodMs: PERIODS_MS[period] },
    limits: { deadlineMs: 60_000, spend: { amount: nanoUsd(DOLLAR), periodMs: PERIODS_MS[period] } },
  }),
  rules: [],
  examples: [],
  storePrompts: false,
});

it('the spend a budget goes by equals its counter at every moment, and the limit’s and the ledger’s when nothing is under way', async () => {
  const periods = fc.constantFrom<Period>('hour', 'day', 'week', 'month');
  await fc.assert(
    fc.asyncProperty(periods, fc.array(step, { maxLength: 60 }), fc.nat(), async (period, steps, seed) => {
      const policy = policyWith(period);
      const { objective } = policy.plan;
      if (objective.kind !== 'budget') throw new Error('it has a budget');
      const periodMs = PERIODS_MS[period];
      const world = await createBudgetWorld(policy, seed);
      const on = (counter: string) => world.life().store.spent(counterOf(counter, periodMs, world.clock.now()));
      const look = async () => {
        const at = world.clock.now();
        const { start, end } = windowAt(periodMs, at);
        const paced = world.life().books.spent('auto', objective, at);
        expect(paced).toBe(await on(budgetCounter('auto')));
        const open = world.underWay().filter((each) => each.at >= start && each.at < end);
        const expected = open.reduce((sum, { decision }) => sum + (decision.ladder[0]?.quote.cost ?? 0), 0);
        expect(paced).toBe(world.spent({ from: start, to: end }) - open.length * RESERVED + expected);
        if (open.length === 0) expect(await on('policy/auto')).toBe(paced);
        expect(await on('policy/auto')).toBeLessThanOrEqual(DOLLAR);
      };
      let count = 0;
      for (const next of steps) {
        if (next.do === 'ask') {
          world.setPrice(next.price);
          await world
            .life()
            .route(askFor((count += 1)))
            .catch(() => undefined);
        } else if (next.do === 'end') {
          const ended = world.take(next.which);
          if (ended) ended.end(outcomeOf(ended.decision, next));
          for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
        } else if (next.do === 'wait') world.pass(next.hours * HOUR_MS);
        else if (next.do === 'jump') await world.jump(next.to * periodMs);
        else await world.restart();
        await look();
      }
    }),
    { numRuns: 300 },
  );
});
