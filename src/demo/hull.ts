// The coin-flip hull: the best quality a random mix of fixed models reaches at a given cost per request.

export type Point = { readonly usd: number; readonly quality: number };

/** Answering nothing costs nothing: where every mix can end. */
const NOTHING: Point = { usd: 0, quality: 0 };

/** Positive when c lies left of the line from a to b. */
const turn = (a: Point, b: Point, c: Point): number =>
  (b.usd - a.usd) * (c.quality - a.quality) - (b.quality - a.quality) * (c.usd - a.usd);

/** Corners of the upper concave hull from nothing to the best quality, cheapest first (Andrew's monotone chain). */
export const hullOf = (points: readonly Point[]): readonly Point[] => {
  const sorted = [NOTHING, ...points].toSorted((a, b) => a.usd - b.usd || a.quality - b.quality);
  const corners: Point[] = [];
  for (const point of sorted) {
    const best = corners.at(-1);
    if (best && point.quality <= best.quality) continue;
    for (let last = corners.at(-1), before = corners.at(-2); last && before; ) {
      if (turn(before, last, point) < 0) break;
      corners.pop();
      last = corners.at(-1);
      before = corners.at(-2);
    }
    corners.push(point);
  }
  return corners;
};

/** Quality of the hull at this cost; flat past its dearest corner. */
export const hullAt = (points: readonly Point[], usd: number): number => {
  const corners = hullOf(points);
  const to = corners.findIndex((corner) => corner.usd >= usd);
  const upper = corners[to];
  if (!upper) return corners.at(-1)?.quality ?? 0;
  const lower = corners[to - 1];
  if (!lower || upper.usd === lower.usd) return upper.quality;
  return lower.quality + ((upper.quality - lower.quality) * (usd - lower.usd)) / (upper.usd - lower.usd);
};
