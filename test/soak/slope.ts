// How fast something grows when it is measured again and again: the median of all slopes, which a few odd moments do not move, with its interval.

export type Point = { readonly at: number; readonly value: number };

/** Per unit of `at`, with a 95 % interval. */
export type Slope = { readonly slope: number; readonly least: number; readonly most: number };

const Z = 1.96;

/** Theil and Sen's estimator; the interval from Kendall's variance (Sen 1968, JASA 63:1379). @throws RangeError below three points */
export const slopeOf = (points: readonly Point[]): Slope => {
  if (points.length < 3) throw new RangeError('a slope needs three points');
  const slopes = points
    .flatMap((a, index) => points.slice(index + 1).map((b) => (b.value - a.value) / (b.at - a.at)))
    .toSorted((a, b) => a - b);
  const count = points.length;
  const half = Z * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const at = (place: number): number => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(place)))] ?? 0;
  const middle = (slopes.length - 1) / 2;
  return { slope: at(middle), least: at(middle - half / 2), most: at(middle + half / 2) };
};
