// Whether a policy names a model. `*` stands for any run of characters within the author or within the name.
import type { ModelKey } from '../core/offer.ts';

type Pattern = { readonly written: string; readonly dotted: string };
type Prepared = { readonly patterns: readonly Pattern[]; readonly places: Map<ModelKey, number> };

/** Models whose place in a list is remembered. */
const MOST_PLACES = 10_000;

// Anthropic writes claude-sonnet-4-5 where others write 4.5. Dates (-0314, -20250929) have more digits and stay.
const dotted = (text: string): string => text.replace(/(?<=\d)-(?=\d{1,2}(?!\d))/g, '.');

const prepared = new WeakMap<readonly string[], Prepared>();

const prepare = (patterns: readonly string[]): Prepared => {
  const known = prepared.get(patterns);
  if (known) return known;
  const fresh = {
    patterns: patterns.map((text) => ({ written: text.toLowerCase(), dotted: dotted(text.toLowerCase()) })),
    places: new Map<ModelKey, number>(),
  };
  prepared.set(patterns, fresh);
  return fresh;
};

/**
 * Glob match by two pointers: on a mismatch only the last star grows, so the time is at most pattern × text however
 * many stars there are. (A regular expression with a dozen stars can take very long.)
 */
const globMatches = (pattern: string, text: string): boolean => {
  let at = 0;
  let from = 0;
  let star = -1;
  let resume = 0;
  while (from < text.length) {
    if (pattern[at] === '*') {
      star = at;
      resume = from;
      at += 1;
    } else if (pattern[at] === text[from]) {
      at += 1;
      from += 1;
    } else if (star >= 0 && text[resume] !== '/') {
      resume += 1;
      at = star + 1;
      from = resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
};

/**
 * Place of the first pattern that names the model, or -1. Capitals do not matter, and `4-5` names `4.5`.
 * The patterns are kept prepared per list, so hand in the same list each time (a policy's own).
 */
export const placeOfModel = (patterns: readonly string[], model: ModelKey): number => {
  const { patterns: list, places } = prepare(patterns);
  const known = places.get(model);
  if (known !== undefined) return known;
  const written = model.toLowerCase();
  const withDots = dotted(written);
  const place = list.findIndex(
    (pattern) => globMatches(pattern.written, written) || globMatches(pattern.dotted, withDots),
  );
  if (places.size >= MOST_PLACES) places.clear();
  places.set(model, place);
  return place;
};

export const matchesModel = (patterns: readonly string[], model: ModelKey): boolean =>
  placeOfModel(patterns, model) >= 0;
