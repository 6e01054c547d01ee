// Which known models somebody may have meant who wrote an unknown one.
import type { ModelKey } from '../core/offer.ts';

const MOST = 5;
/** Longer names are nobody's slip, and not worth comparing. */
const LONGEST = 120;
/** Share of a name that may differ and still be a slip. */
const SLIP = 0.4;

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
const withoutAuthor = (name: string): string => name.slice(name.indexOf('/') + 1);

/** Levenshtein distance, one row at a time. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1)
      next.push(Math.min((row[j] ?? 0) + (a[i] === b[j] ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    row = next;
  }
  return row.at(-1) ?? 0;
};

/** 0: the same. The name without its author counts as well: many leave it out. */
const farness = (wanted: string, model: string): number => {
  const [whole, name] = [plain(model), plain(withoutAuthor(model))];
  const mine = plain(wanted);
  const mineAlone = plain(withoutAuthor(wanted));
  const far = (a: string, b: string): number => distance(a, b) / Math.max(1, a.length, b.length);
  const inside = mineAlone.length >= 4 && name.includes(mineAlone) ? 0.2 + (name.length - mineAlone.length) / 200 : 1;
  return Math.min(far(mine, whole), far(mineAlone, name), inside);
};

/** At most five, the nearest first. */
export const nearestModels = (wanted: string, models: Iterable<ModelKey>): readonly ModelKey[] => {
  if (wanted.length > LONGEST) return [];
  return [...new Set(models)]
    .map((model) => ({ model, far: farness(wanted, model) }))
    .filter(({ far }) => far <= SLIP)
    .toSorted((a, b) => a.far - b.far || (a.model < b.model ? -1 : 1))
    .slice(0, MOST)
    .map(({ model }) => model);
};
