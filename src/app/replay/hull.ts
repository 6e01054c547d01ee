// What routing is measured by: mixes of fixed models, the best of them, chance, and an oracle that knows every outcome.
import type { Offered } from './stream.ts';

/** Means per request. */
export type Point = { readonly usd: number; readonly quality: number };

/** Positive when c lies left of the line from a to b. */
const turn = (a: Point, b: Point, c: Point): number =>
  (b.usd - a.usd) * (c.quality - a.quality) - (b.quality - a.quality) * (c.usd - a.usd);

/** Corners of the upper concave hull of fixed models, cheapest first, quality rising (Andrew's monotone chain). */
export const hullOf = (points: readonly Point[]): readonly Point[] => {
  const corners: Point[] = [];
  for (const point of points.toSorted((a, b) => a.usd - b.usd || b.quality - a.quality)) {
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

/**
 * The best quality a coin flip between fixed models reaches at this cost. Flat past the dearest corner, and below the cheapest, where no mix of models
 * that answer everything can be: a router that spends less than the cheapest model is held against that model.
 */
export const hullAt = (points: readonly Point[], usd: number): number => {
  const corners = hullOf(points);
  const to = corners.findIndex((corner) => corner.usd >= usd);
  const upper = corners[to];
  if (!upper) return corners.at(-1)?.quality ?? 0;
  const lower = corners[to - 1];
  if (!lower || upper.usd === lower.usd) return upper.quality;
  return lower.quality + ((upper.quality - lower.quality) * (usd - lower.usd)) / (upper.usd - lower.usd);
};

/** Always this model: means over the requests it could have been asked. Undefined where it never could. */
export const fixedModels = ({ models, length, quality, cost }: Offered): readonly (Point | undefined)[] =>
  Array.from({ length: models }, (_, model) => {
    let count = 0;
    let qualities = 0;
    let dollars = 0;
    for (let place = model; place < length * models; place += models) {
      const value = quality[place] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      count += 1;
      qualities += value;
      dollars += (cost[place] ?? 0) / 1e9;
    }
    return count === 0 ? undefined : { usd: dollars / count, quality: qualities / count };
  });

/** A model drawn anew for every request, each open one as likely. */
export const randomModel = ({ models, length, quality, cost }: Offered): Point => {
  let qualities = 0;
  let dollars = 0;
  for (let position = 0; position < length; position++) {
    let count = 0;
    let sum = 0;
    let spent = 0;
    for (let place = position * models; place < (position + 1) * models; place++) {
      const value = quality[place] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      count += 1;
      sum += value;
      spent += (cost[place] ?? 0) / 1e9;
    }
    qualities += count === 0 ? 0 : sum / count;
    dollars += count === 0 ? 0 : spent / count;
  }
  return { usd: dollars / Math.max(1, length), quality: qualities / Math.max(1, length) };
};
