// What the difficulty of a request says of quality on prompts from elsewhere: one slope for all models, and which requests a strong model gains most on.
import { pairScore } from '../../src/app/replay/pair.ts';
import { centred, type TrainingSet } from './sets.ts';

const SET_WEIGHT = 1_000;

type Point = { readonly x: number; readonly y: number };

const pointsOf = (set: TrainingSet): readonly Point[] => {
  const mean = set.items.reduce((sum, { profile }) => sum + profile.difficulty, 0) / Math.max(1, set.items.length);
  return centred(set, ({ quality }) => quality).map(({ item, value }) => ({
    x: item.profile.difficulty - mean,
    y: value,
  }));
};

/** Quality lost from the easiest to the hardest request; each set as heavy as the others. */
export const fitSlope = (sets: readonly TrainingSet[]): number => {
  let [product, square] = [0, 0];
  for (const set of sets) {
    const points = pointsOf(set);
    for (const { x, y } of points) {
      product += (SET_WEIGHT / points.length) * x * y;
      square += (SET_WEIGHT / points.length) * x * x;
    }
  }
  return square > 0 ? product / square : 0;
};

/** Share of the variance of quality within models that a slope explains. */
export const slopeFit = (set: TrainingSet, slope: number): number => {
  const points = pointsOf(set);
  const misses = points.reduce((sum, { x, y }) => sum + (y - slope * x) ** 2, 0);
  return 1 - misses / points.reduce((sum, { y }) => sum + y ** 2, 0);
};

/** Area under the performance gap recovered when the requests the order puts first go to the strong model. Chance: 0.5. */
export const gainArea = ({ items, weak, strong }: TrainingSet, order: 'difficulty' | 'length'): number | undefined => {
  const scored = items.flatMap(({ profile, characters, seen }) => {
    const [low, high] = [seen.get(weak), seen.get(strong)];
    const gain = order === 'difficulty' ? profile.difficulty : characters;
    return low && high ? [{ gain, weak: low.quality, strong: high.quality }] : [];
  });
  return pairScore(scored)?.apgr;
};
