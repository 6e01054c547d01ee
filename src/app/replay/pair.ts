// How well two models are told apart: performance gap recovered over the share of strong calls, as RouteLLM defines it.
// Ong et al. 2024 (arXiv 2406.18665): PGR = (q − q_weak) / (q_strong − q_weak); APGR is its area; CPT(x) the least share of strong calls with PGR ≥ x.
import { quantileOf } from './intervals.ts';

/** Shares between nothing and everything at which a threshold is set. */
const QUANTILES = 10;

export type Scored = {
  /** How much better the strong model is believed to be; higher goes to the strong model first. */
  readonly gain: number;
  readonly weak: number;
  readonly strong: number;
};

export type CurvePoint = { readonly share: number; readonly pgr: number };

/** PGR at no strong call and at the thresholds that cut the gains into ten parts, up to all; equal thresholds once. Undefined where the models are level. */
export const pgrCurve = (scored: readonly Scored[]): readonly CurvePoint[] | undefined => {
  const weak = scored.reduce((sum, each) => sum + each.weak, 0);
  const gap = scored.reduce((sum, each) => sum + each.strong - each.weak, 0);
  if (gap === 0 || scored.length === 0) return undefined;
  // Ranks for gains: only their order counts, and a threshold between two of them must not be rounded onto one.
  const places = new Map(
    [...new Set(scored.map(({ gain }) => gain))].sort((a, b) => a - b).map((gain, at) => [gain, at]),
  );
  const rankOf = ({ gain }: Scored): number => places.get(gain) ?? 0;
  const ranks = Float64Array.from(scored, rankOf);
  const thresholds = Array.from({ length: QUANTILES }, (_, part) => quantileOf(ranks, 1 - (part + 1) / QUANTILES));
  const curve = [...new Set(thresholds)].map((threshold) => {
    const called = scored.filter((each) => rankOf(each) >= threshold);
    const total = called.reduce((sum, each) => sum + each.strong - each.weak, weak);
    return { share: called.length / scored.length, pgr: (total - weak) / gap };
  });
  return [{ share: 0, pgr: 0 }, ...curve];
};

/** Area under PGR over the share of strong calls, by the trapezium rule. Chance: 0.5. */
export const apgrOf = (curve: readonly CurvePoint[]): number =>
  curve.slice(1).reduce((area, to, at) => {
    const from = curve[at] ?? to;
    return area + ((to.share - from.share) * (to.pgr + from.pgr)) / 2;
  }, 0);

/** Percent of strong calls at which PGR first reaches `wanted`, between points linearly. */
export const cptOf = (curve: readonly CurvePoint[], wanted: number): number => {
  const reached = curve.findIndex(({ pgr }) => pgr >= wanted);
  const to = curve[reached];
  const from = curve[reached - 1];
  if (!to) return 100;
  if (!from || to.pgr === from.pgr) return 100 * to.share;
  return 100 * (from.share + ((to.share - from.share) * (wanted - from.pgr)) / (to.pgr - from.pgr));
};

export type PairScore = { readonly apgr: number; readonly cpt50: number; readonly cpt80: number };

export const pairScore = (scored: readonly Scored[]): PairScore | undefined => {
  const curve = pgrCurve(scored);
  return curve && { apgr: apgrOf(curve), cpt50: cptOf(curve, 0.5), cpt80: cptOf(curve, 0.8) };
};
