// Which known word somebody meant who wrote an unknown one.

/** Edits within which a word counts as a slip of another. */
const slips = (word: string): number => (word.length <= 4 ? 1 : 2);
/** Longer texts are no slip of any of our words, and not worth comparing. */
const LONGEST = 40;

/** Levenshtein distance, one row at a time. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-\s]/g, '_');

/** The nearest of the known words, where one is near: "budgt" → "budget". */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > LONGEST) return undefined;
  const scored = known.map((candidate) => ({ candidate, edits: distance(plain(word), candidate) }));
  const [best] = scored.filter(({ edits }) => edits <= slips(word)).sort((a, b) => a.edits - b.edits);
  return best?.candidate;
};

/** "; did you mean budget?" or nothing. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const candidate = nearest(word, known);
  return candidate === undefined ? '' : `; did you mean ${candidate}?`;
};
