import { expect, it } from 'vitest';
import { openLearner } from '../../../src/app/learning.ts';
import type { OpenMarket } from '../../../src/app/market.ts';
import type { Range, SpendRow } from '../../../src/core/ledger.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import type { Ledger } from '../../../src/core/ports.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { createFakeClock } from '../../support/clock.ts';
import { seededRng } from '../../support/rng.ts';
import { sampleOffer, samplePlan, sampleProfile, sampleQuote } from '../../support/sample.ts';

const AT = Date.UTC(2026, 10, 24, 12);
const DOLLAR = 1_000_000_000;

/** Whether anything is tried in so many decisions, after a start at which the ledger says what today's exploring has cost. */
const explores = async (exploredUsd: number): Promise<boolean> => {
  const asked: Range[] = [];
  const ledger = {
    lessons: async function* () {},
    spend: async (range: Range) => {
      asked.push(range);
      return [{ key: 'auto', cost: nanoUsd(exploredUsd * DOLLAR), ambiguousCost: nanoUsd(0) } as unknown as SpendRow];
    },
  } as unknown as Ledger;
  const market = {
    priorOf: () => ({ easy: 0.8, hard: 0.6, weight: 3, outputTokens: 300 }),
    imported: [],
  } as unknown as OpenMarket;
  const tally = createMemoryStore({ clock: createFakeClock() });
  const learner = await openLearner({ market, ledger, rng: seededRng(3), tally, at: AT });
  const quotes = ['a:x/one', 'b:y/two'].map((key) => sampleQuote(sampleOffer(key)));
  const plan = samplePlan({ explore: { share: 1, spend: nanoUsd(DOLLAR), floor: 0 } });
  const reasons = Array.from({ length: 50 }, (_, number) => {
    const ask = { requestId: `r${number}`, explore: 'allowed' as const };
    const policy = { name: 'auto', hash: 'h' };
    const what = { ask, at: AT, policy, rule: 0, plan, profile: sampleProfile(), quotes, rejected: [], pinned: false };
    return learner.decide(what).reason;
  });
  expect(asked).toEqual([{ from: Date.UTC(2026, 10, 24), to: Date.UTC(2026, 10, 25), reason: 'explored' }]);
  return reasons.includes('explored');
};

it('a restart gives no fresh day of exploring', async () => {
  expect(await explores(0)).toBe(true);
  expect(await explores(1)).toBe(false);
});
