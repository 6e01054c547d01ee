import { describe, expect, it } from 'vitest';
import { nanoFromUsd } from '../../../src/core/money.ts';
import { budgetCounter, budgetsOf, countOn, holdsFor } from '../../../src/policy/limits.ts';
import { policyOf } from './texts.ts';

const amount = nanoFromUsd(0.01);
const HOUR = 3_600_000;
// A Tuesday.
const at = Date.UTC(2026, 10, 24, 13, 45, 12);

const holds = (added: string, when = at) => holdsFor({ policy: 'test', plan: policyOf(added).plan, at: when, amount });

describe('holds', () => {
  it('reserve nothing where there is no cap, even under a budget, which only steers', () => {
    expect(holds('')).toEqual([]);
    expect(holds('objective: { budget: $40/day }')).toEqual([]);
  });

  it('name the policy’s counter for the window, its cap and the amount', () => {
    expect(holds('limits: { spend: $5/day }')).toEqual([
      {
        key: 'policy/test/day/2026-11-24T00:00:00.000Z',
        limit: nanoFromUsd(5),
        amount,
        ttlMs: 49 * HOUR,
        resetsAt: Date.UTC(2026, 10, 25),
      },
    ]);
  });

  it.each([
    ['hour', '2026-11-24T13:00', 3],
    ['day', '2026-11-24T00:00', 49],
    ['week', '2026-11-23T00:00', 14 * 24 + 1],
    ['month', '2026-11-01T00:00', 62 * 24 + 1],
  ])('begin a %s at %s, and are kept for two', (period, start, hours) => {
    const [hold] = holds(`limits: { spend: $5/${period} }`);
    expect(hold?.key).toBe(`policy/test/${period}/${start}:00.000Z`);
    expect(hold?.ttlMs).toBe(hours * HOUR);
  });

  it.each([
    ['day', Date.UTC(2026, 10, 25)],
    ['week', Date.UTC(2026, 10, 30)],
    ['month', Date.UTC(2026, 11, 1)],
  ])('change counters at the very millisecond a %s begins', (period, border) => {
    const key = (when: number) => holds(`limits: { spend: $5/${period} }`, when)[0]?.key;
    expect(key(border - 1)).toBe(key(at));
    expect(key(border)).not.toBe(key(at));
    expect(key(border)).toContain(new Date(border).toISOString());
  });

  it('count a Sunday in the week that began six days before', () => {
    const sunday = Date.UTC(2026, 10, 29, 23, 59);
    expect(holds('limits: { spend: $5/week }', sunday)[0]?.key).toContain('2026-11-23');
  });

  it('share one counter over all rules of a policy', () => {
    const policy = policyOf(
      'limits: { spend: $5/day }\nrules:\n  - when: { task: code }\n    limits: { deadline: 9s }',
    );
    const plan = { ...policy.plan, ...policy.rules[0]?.change };
    expect(holdsFor({ policy: 'test', plan, at, amount })).toEqual(holds('limits: { spend: $5/day }'));
  });
});

describe('budgets of a policy', () => {
  const rules =
    'rules:\n  - { when: { task: code }, objective: { budget: $1/hour } }\n  - { when: { task: math }, objective: { budget: $9/day } }';

  it('are those of its plan and its rules, one for each length of period', () => {
    const policy = policyOf(`objective: { budget: $40/day }\n${rules}`);
    expect(budgetsOf(policy).map(({ periodMs }) => periodMs / HOUR)).toEqual([24, 1]);
    expect(budgetsOf(policyOf('objective: { worth: $0.02 }'))).toEqual([]);
  });

  it('count in the windows that limits have, and refuse nothing', () => {
    const counter = budgetCounter('test');
    const count = countOn({ counter, periodMs: 24 * HOUR, at, amount });
    expect(count).toEqual({ key: 'budget/test/day/2026-11-24T00:00:00.000Z', amount, ttlMs: 49 * HOUR });
  });
});
