// In which order offers are tried: by the policy's objective, with a second rung that does not share the first one's fate.
import type { Quote, Ranked } from '../core/decision.ts';
import type { ModelKey } from '../core/offer.ts';
import type { Objective } from '../core/policy.ts';
import type { Judged } from './exploration.ts';

/**
 * How likely a provider that has just failed us is to fail again on its next offer, over what another provider's chance is. Outages, quotas and keys
 * are shared by a provider's offers.
 */
const SHARED_FATE = 0.2;

/** Position of the plan's first pattern that matches the model. */
export type OrderOf = (model: ModelKey) => number;

type Keys = readonly number[];

/** Smaller is better, key by key. */
const keysOf = (objective: Objective, { quote, utility, price }: Judged, orderOf: OrderOf): Keys => {
  switch (objective.kind) {
    case 'worth':
    case 'budget':
    case 'floor':
      return [-utility, price];
    case 'order':
      return [orderOf(quote.offer.model), price];
    case 'cheapest':
      return [quote.cost, quote.totalMs];
    case 'fastest':
      return [quote.totalMs, quote.cost];
    default: {
      const never: never = objective;
      return never;
    }
  }
};

const compareKeys = (a: Keys, b: Keys): number => {
  for (let at = 0; at < a.length; at++) {
    const gap = (a[at] ?? 0) - (b[at] ?? 0);
    if (gap !== 0) return gap;
  }
  return 0;
};

const byKey = (a: Quote, b: Quote): number => (a.offer.key < b.offer.key ? -1 : a.offer.key > b.offer.key ? 1 : 0);

/** Best first by the objective at the means of quality; ties by offer key, so that the order of the quotes never matters. */
export const rank = (judged: readonly Judged[], objective: Objective, orderOf: OrderOf): Judged[] =>
  judged
    .map((entry) => ({ entry, keys: keysOf(objective, entry, orderOf) }))
    .sort((a, b) => compareKeys(a.keys, b.keys) || byKey(a.entry.quote, b.entry.quote))
    .map(({ entry }) => entry);

/**
 * Brings the best rung of another provider to second place when the first two share a provider and its loss of utility is less than the answer is
 * worth times the chance that the provider fails again.
 */
export const spreadSecond = (ladder: readonly Ranked[], exchangeRate: number): readonly Ranked[] => {
  const [first, second] = ladder;
  if (!first || !second || first.quote.offer.provider !== second.quote.offer.provider) return ladder;
  const at = ladder.findIndex(({ quote }) => quote.offer.provider !== first.quote.offer.provider);
  const other = ladder[at];
  if (!other || second.utility - other.utility > SHARED_FATE * exchangeRate * other.quality.mean) return ladder;
  return [first, other, ...ladder.slice(1).filter((rung) => rung !== other)];
};
