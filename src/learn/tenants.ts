// How much one tenant may say in a belief that several share: what keeps a caller with a grudge, or a broken test, from speaking for all.
import { type Columns, IMPORTED_TENANT } from './lesson-columns.ts';

/** Most that one tenant may hold of what a model's belief is made of. */
export const TENANT_SHARE = 0.2;
/** Lessons that make a tenant count as one; with fewer than five of these nobody can be held to a fifth. */
const SUBSTANCE = 10;
const ENOUGH_TENANTS = 1 / TENANT_SHARE;
/** What each may say all the same while there are two to four. */
const FEW_TENANTS_CAP = 100;
/** What imported lessons of a model weigh together at most: own traffic outweighs them. */
const IMPORTED_CAP = 40;

/**
 * The largest weight c that is at most a fifth of all weights when none counts for more than c: with the k heaviest at c and the rest R as they are,
 * c = s (k c + R). @returns Infinity where nobody is over it, or there is only one
 */
const capFor = (weights: readonly number[]): number => {
  if (weights.length < 2) return Number.POSITIVE_INFINITY;
  const heaviest = weights.toSorted((a, b) => b - a);
  const floor = weights.filter((weight) => weight >= SUBSTANCE).length < ENOUGH_TENANTS ? FEW_TENANTS_CAP : 0;
  let rest = heaviest.reduce((sum, weight) => sum + weight, 0);
  for (let held = 0; held < ENOUGH_TENANTS - 1; held++) {
    const cap = (TENANT_SHARE * rest) / (1 - TENANT_SHARE * held);
    if ((heaviest[held] ?? 0) <= cap) return held === 0 ? Number.POSITIVE_INFINITY : Math.max(cap, floor);
    rest -= heaviest[held] ?? 0;
  }
  return Math.max(rest, floor);
};

/** No tenant has this number. */
const NOBODY = -1;
const ALONE = (): number => 1;

/** Nearly everywhere there is one tenant, and this is asked after every lesson. */
const isAlone = (tenant: Columns['tenant'], order: Uint16Array): boolean => {
  const first = tenant[order[0] ?? 0] ?? 0;
  if (first === IMPORTED_TENANT) return order.length === 0;
  for (let place = 1; place < order.length; place++) if (tenant[order[place] ?? 0] !== first) return false;
  return true;
};

/**
 * What each tenant's lessons are multiplied by. All of them stay, so their mean is as precise as before; together they weigh less.
 * @param weightAt of the lesson at a place in the order; 0: it does not count
 */
export const tenantFactors = (
  { tenant }: Columns,
  order: Uint16Array,
  weightAt: (place: number) => number,
): ((slot: number) => number) => {
  if (isAlone(tenant, order)) return ALONE;
  const totals = new Map<number, number>();
  // A tenant's lessons mostly follow one another.
  let [speaker, total] = [NOBODY, 0];
  for (let place = 0; place < order.length; place++) {
    const weight = weightAt(place);
    if (weight <= 0) continue;
    const who = tenant[order[place] ?? 0] ?? 0;
    if (who !== speaker) {
      if (speaker !== NOBODY) totals.set(speaker, total);
      [speaker, total] = [who, totals.get(who) ?? 0];
    }
    total += weight;
  }
  if (speaker !== NOBODY) totals.set(speaker, total);
  const own = capFor([...totals].flatMap(([who, weight]) => (who === IMPORTED_TENANT ? [] : [weight])));
  let [asked, factor] = [NOBODY, 1];
  return (slot) => {
    const who = tenant[slot] ?? 0;
    if (who === asked) return factor;
    const cap = who === IMPORTED_TENANT ? IMPORTED_CAP : own;
    asked = who;
    factor = Math.min(1, cap / Math.max(Number.MIN_VALUE, totals.get(who) ?? 0));
    return factor;
  };
};

/** Who has to give up a place first: imported lessons; then the tenant that holds most and more than its share of all `size`, where there are others. */
export const crowding = ({ tenant }: Columns, order: Uint16Array, size: number): number | undefined => {
  if (isAlone(tenant, order)) return undefined;
  const counts = new Map<number, number>();
  for (const slot of order) counts.set(tenant[slot] ?? 0, (counts.get(tenant[slot] ?? 0) ?? 0) + 1);
  if (counts.has(IMPORTED_TENANT)) return IMPORTED_TENANT;
  const [who, count] = [...counts].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
  return count > TENANT_SHARE * size ? who : undefined;
};
