import { expect, it } from 'vitest';
import type { Decision } from '../../../src/core/decision.ts';
import { nanoFromUsd, nanoUsd, ZERO_USD } from '../../../src/core/money.ts';
import { decide } from '../../../src/learn/decide.ts';
import { createExplorationSpend, explorationCost } from '../../../src/learn/exploration.ts';
import { seededRng } from '../../support/rng.ts';
import { inputOf, planWith } from './market.ts';

const MARKET = [
  { key: 'a:x/small', usd: 0.001, mean: 0.8, sd: 0.2 },
  { key: 'b:y/large', usd: 0.004, mean: 0.8, sd: 0.2 },
];
const plan = planWith({ explore: { share: 1, spend: nanoFromUsd(0.01), floor: 0 } });
const explored = (): Decision => {
  const rng = seededRng(3);
  for (let time = 0; time < 1_000; time++) {
    const decision = decide(inputOf(MARKET, { plan, rng }));
    if (decision.reason === 'explored') return decision;
  }
  throw new Error('nothing was explored');
};

it('costs what the chosen offer costs above the one the means would choose', () => {
  expect(explorationCost(explored())).toBe(nanoFromUsd(0.003));
  expect(explorationCost({ ...explored(), reason: 'holdout' })).toBe(ZERO_USD);
});

it('adds up per policy and UTC day', () => {
  const spend = createExplorationSpend();
  const decision = explored();
  spend.add(decision);
  spend.add(decision);
  expect(spend.spent('auto', decision.at)).toBe(nanoFromUsd(0.006));
  expect(spend.spent('other', decision.at)).toBe(ZERO_USD);
  expect(spend.spent('auto', decision.at + 86_400_000)).toBe(ZERO_USD);
});

it('ends a day within its dollars, whatever the draws', () => {
  const spend = createExplorationSpend();
  const rng = seededRng(9);
  for (let time = 0; time < 2_000; time++) {
    const input = inputOf(MARKET, { plan, rng });
    const left = nanoUsd(plan.explore.spend - spend.spent('auto', input.at));
    spend.add(decide({ ...input, explorable: left }));
  }
  const spent = spend.spent('auto', inputOf(MARKET).at);
  expect(spent).toBeGreaterThan(nanoFromUsd(0.006));
  expect(spent).toBeLessThanOrEqual(nanoFromUsd(0.01));
});
