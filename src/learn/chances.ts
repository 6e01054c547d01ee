// With what probability each of several Normals would be the largest: the logged propensity of a Thompson draw.
import { normalCdf, TAIL } from './normal.ts';

export type Normal = { readonly mean: number; readonly sd: number };

/** Nodes over all contenders together, and the fewest for one. */
const NODES = 64;
const NODES_EACH = 8;
/** A point mass is a Normal this narrow, in units of the widest. */
const NARROWEST = 1e-6;
const REACH = 3.7;
/** Nobody who may be drawn has a probability of 0: weights are divided by it. */
const LEAST = 1e-9;

/** Widths below this many dollars are none: their inverses overflow. */
const NO_WIDTH = 1e-200;

/** Those that can win at all: their upper tail reaches above everybody's lower one. */
const inPlay = (normals: readonly Normal[]): number[] => {
  const least = Math.max(...normals.map(({ mean, sd }) => mean - TAIL * sd));
  return normals.flatMap(({ mean, sd }, at) => (mean + TAIL * sd >= least ? [at] : []));
};

/** Places where the integrand is evaluated: quantile-like steps around each mean, all contenders' together, ascending. */
const nodesOf = (normals: readonly Normal[]): Float64Array => {
  const each = Math.max(NODES_EACH, Math.ceil(NODES / normals.length));
  const nodes = new Float64Array(each * normals.length);
  normals.forEach(({ mean, sd }, at) => {
    for (let step = 0; step < each; step++)
      nodes[at * each + step] = mean + sd * REACH * ((2 * (step + 0.5)) / each - 1);
  });
  return nodes.sort();
};

/** Π of everybody else's cumulative probability, for each, from those at one node: products from the left and from the right. */
const othersOf = (below: Float64Array, others: Float64Array): void => {
  let left = 1;
  for (let at = 0; at < below.length; at++) {
    others[at] = left;
    left *= below[at] ?? 1;
  }
  let right = 1;
  for (let at = below.length - 1; at >= 0; at--) {
    others[at] = (others[at] ?? 1) * right;
    right *= below[at] ?? 1;
  }
};

const integrate = (normals: readonly Normal[]): Float64Array => {
  const size = normals.length;
  const wins = new Float64Array(size);
  let below = new Float64Array(size);
  let others = new Float64Array(size);
  let nextBelow = new Float64Array(size);
  let nextOthers = new Float64Array(size);
  const means = Float64Array.from(normals, ({ mean }) => mean);
  const scales = Float64Array.from(normals, ({ sd }) => 1 / sd);
  const step = (): void => {
    othersOf(nextBelow, nextOthers);
    for (let at = 0; at < size; at++) {
      const mass = (nextBelow[at] ?? 0) - (below[at] ?? 0);
      wins[at] = (wins[at] ?? 0) + (mass * ((others[at] ?? 0) + (nextOthers[at] ?? 0))) / 2;
    }
    [below, nextBelow] = [nextBelow, below];
    [others, nextOthers] = [nextOthers, others];
  };
  for (const node of nodesOf(normals)) {
    for (let at = 0; at < size; at++) nextBelow[at] = normalCdf((node - (means[at] ?? 0)) * (scales[at] ?? 0));
    step();
  }
  nextBelow.fill(1);
  step();
  return wins;
};

/**
 * P(i is the largest) = ∫ Π_{j≠i} Φ_j dΦ_i, by the trapezium rule in Φ_i on nodes shared by all; sums to one. Within about 0.002 of the truth
 * (test/unit/learn/chances.test.ts). Deterministic. Where nothing varies the first largest has it all.
 */
export const winChances = (normals: readonly Normal[]): readonly number[] => {
  const chances = normals.map(() => 0);
  if (normals.length === 0) return chances;
  const spread = Math.max(...normals.map(({ sd }) => sd));
  if (spread < NO_WIDTH) {
    const best = normals.reduce((first, normal, at) => (normal.mean > (normals[first]?.mean ?? 0) ? at : first), 0);
    return chances.with(best, 1);
  }
  const players = inPlay(normals);
  const wins = integrate(
    players.map((at) => ({ mean: normals[at]?.mean ?? 0, sd: Math.max(normals[at]?.sd ?? 0, spread * NARROWEST) })),
  );
  players.forEach((at, place) => (chances[at] = wins[place] ?? 0));
  const total = chances.reduce((sum, win) => sum + Math.max(LEAST, win), 0);
  return chances.map((win) => Math.max(LEAST, win) / total);
};
