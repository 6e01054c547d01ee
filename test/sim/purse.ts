// A second count of every budget, kept from what the store is asked: what is reserved, what was settled, and whether the cap held.
import type { NanoUsd } from '../../src/core/money.ts';
import type { Hold, Store } from '../../src/core/ports.ts';
import { mergeHolds } from '../../src/store/holds.ts';
import type { Evidence } from './evidence.ts';
import type { StoreEar } from './keepers.ts';

type Held = { readonly holds: readonly Hold[]; settled: boolean };

/** A request's own id; a call's is r7/2. */
const numberOf = (id: string): number => Number.parseInt(id.slice(1), 10);

export const createPurse = (evidence: Evidence) => {
  const totals = new Map<string, number>();
  const held = new Map<string, Held>();

  const ear: StoreEar = {
    reserved(id, holds, ok) {
      const n = numberOf(id);
      evidence.trace('hold', n, ok ? 1 : 0);
      if (!ok) return;
      const entry = evidence.caseOf(id);
      if (entry) entry.held = true;
      const merged = mergeHolds(holds);
      held.set(id, { holds: merged, settled: false });
      for (const { key, amount, limit } of merged) {
        const total = (totals.get(key) ?? 0) + amount;
        totals.set(key, total);
        // A soft cap sets nothing aside, and those under way may pass it; a budget only counts.
        if (amount > 0 && limit !== undefined)
          evidence.check('cap-holds', total <= limit, n, () => `${key}: ${total} reserved or spent of ${limit}`);
      }
    },
    settled(id, cost) {
      evidence.trace('settle', numberOf(id), cost);
      evidence.caseOf(id)?.settles.push(cost);
      const known = held.get(id);
      if (!known || known.settled) return;
      known.settled = true;
      for (const { key, amount } of known.holds) totals.set(key, (totals.get(key) ?? 0) - amount + cost);
    },
  };

  return {
    ...ear,

    /** At the end: nothing is held, and the store's counters say what this one says. */
    async judge(store: Pick<Store, 'spent'>): Promise<void> {
      for (const [id, { settled }] of held)
        evidence.check('nothing-held', settled, numberOf(id), () => `${id} is still reserved`);
      for (const [key, total] of totals) {
        const spent = await store.spent(key);
        evidence.check('counter-true', spent === total, -1, () => `${key}: the store says ${spent}, it was ${total}`);
      }
    },

    /** Of each capped counter, what the sellers themselves charged for what stood on it. */
    capsAgainst(chargedOf: (n: number) => NanoUsd | number): void {
      const charged = new Map<string, { sum: number; limit: number }>();
      for (const [id, { holds }] of held) {
        if (id.includes('/')) continue;
        for (const { key, amount, limit } of holds) {
          if (amount === 0 || limit === undefined) continue;
          const sum = (charged.get(key)?.sum ?? 0) + chargedOf(numberOf(id));
          charged.set(key, { sum, limit });
        }
      }
      for (const [key, { sum, limit }] of charged)
        evidence.check('cap-true', sum <= limit, -1, () => `${key}: sellers charged ${sum}, the cap is ${limit}`);
    },
  };
};
