// What one run was worth beside the coin flip, the best model, chance and the oracle, over the same requests.
import { fixedModels, hullAt, type Point, randomModel } from './hull.ts';
import type { Goal } from './objective.ts';
import { type Oracle, oracleAt, oracleFor } from './oracle.ts';
import { type PairScore, pairScore, type Scored } from './pair.ts';
import type { Run } from './run.ts';
import type { Offered } from './stream.ts';

/** Points of a regret curve. */
export const REGRET_POINTS = 20;

/** What does not depend on the router: the same for every run over the same offers. */
export type Yardsticks = {
  readonly offered: Offered;
  readonly fixed: readonly (Point | undefined)[];
  readonly corners: readonly Point[];
  readonly best: Point & { readonly model: number };
  readonly random: Point;
  readonly oracle: (goal: Goal, spentUsd: number) => Oracle;
};

const bestOf = (fixed: readonly (Point | undefined)[]): Point & { readonly model: number } => {
  let best = { usd: 0, quality: Number.NEGATIVE_INFINITY, model: -1 };
  fixed.forEach((point, model) => {
    if (point && (point.quality > best.quality || (point.quality === best.quality && point.usd < best.usd)))
      best = { ...point, model };
  });
  return best;
};

export const yardsticksOf = (offered: Offered): Yardsticks => {
  const fixed = fixedModels(offered);
  const known = new Map<string, Oracle>();
  const remembered = (key: string, make: () => Oracle): Oracle => {
    const oracle = known.get(key) ?? make();
    known.set(key, oracle);
    return oracle;
  };
  return {
    offered,
    fixed,
    corners: fixed.filter((point) => point !== undefined),
    best: bestOf(fixed),
    random: randomModel(offered),
    oracle: (goal, spentUsd) => {
      switch (goal.kind) {
        case 'budget':
          return remembered(`b${goal.usd}`, () => oracleFor(offered, goal.usd));
        case 'worth':
          return remembered(`w${goal.usd}`, () => oracleAt(offered, 1 / goal.usd));
        case 'floor':
          return oracleFor(offered, spentUsd);
        default:
          return goal satisfies never;
      }
    },
  };
};

export type Score = {
  readonly quality: number;
  readonly usd: number;
  readonly hull: number;
  readonly oracle: number;
  readonly best: Point & { readonly model: number };
  readonly random: number;
  /** By column. */
  readonly shares: Float64Array;
  /** Σ (oracle's quality − ours) after each twentieth of the stream. */
  readonly regret: readonly number[];
  readonly pair?: PairScore & { readonly weak: number; readonly strong: number };
};

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

const regretOf = (qualities: Float64Array, best: Float64Array): number[] => {
  const curve: number[] = [];
  let regret = 0;
  for (let position = 0; position < qualities.length; position++) {
    regret += (best[position] ?? 0) - (qualities[position] ?? 0);
    while ((curve.length + 1) * qualities.length <= REGRET_POINTS * (position + 1)) curve.push(regret);
  }
  return curve;
};

/** Of two models, where both could be asked and both were believed something of. */
const pairOf = ({ believed }: Run, { offered, fixed }: Yardsticks): Score['pair'] => {
  const [first, second] = fixed;
  if (offered.models !== 2 || !first || !second) return undefined;
  const strong = second.quality > first.quality ? 1 : 0;
  const weak = 1 - strong;
  const scored: Scored[] = [];
  for (let place = 0; place < offered.length * 2; place += 2) {
    const gain = (believed[place + strong] ?? Number.NaN) - (believed[place + weak] ?? Number.NaN);
    const each = { gain, weak: offered.quality[place + weak] ?? 0, strong: offered.quality[place + strong] ?? 0 };
    if (!Number.isNaN(gain)) scored.push(each);
  }
  const score = pairScore(scored);
  return score && { ...score, weak, strong };
};

export const scoreOf = (result: Run, goal: Goal, yardsticks: Yardsticks): Score => {
  const { offered, corners, best, random } = yardsticks;
  const length = Math.max(1, offered.length);
  const usd = sum(result.cost) / 1e9 / length;
  const oracle = yardsticks.oracle(goal, usd);
  const shares = new Float64Array(offered.models);
  for (const model of result.chosen) if (model >= 0) shares[model] = (shares[model] ?? 0) + 1 / length;
  const pair = pairOf(result, yardsticks);
  return {
    quality: sum(result.quality) / length,
    usd,
    hull: hullAt(corners, usd),
    oracle: oracle.quality,
    best,
    random: random.quality,
    shares,
    regret: regretOf(result.quality, oracle.qualities),
    ...(pair ? { pair } : {}),
  };
};
