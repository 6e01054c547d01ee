// Which models a policy's list selects of all that are sold: a wildcard only those somebody vouches for.
import type { ModelKey } from '../core/offer.ts';
import { matchesModel } from '../policy/globs.ts';

const hasWildcard = (pattern: string): boolean => pattern.includes('*');

/**
 * A model written out is always selected. A pattern with a wildcard selects what the operator declared or the catalogue names: price
 * lists also hold retired models and models for sound and pictures, and nobody who writes `*` means those.
 */
export const createSelects = (vouchedFor: (model: ModelKey) => boolean) => {
  /** A policy's list without its wildcards; kept per list, as the globs keep theirs. */
  const written = new WeakMap<readonly string[], readonly string[]>();
  const writtenOut = (patterns: readonly string[]): readonly string[] => {
    const known = written.get(patterns);
    if (known) return known;
    const fresh = patterns.filter((pattern) => !hasWildcard(pattern));
    written.set(patterns, fresh);
    return fresh;
  };
  return (patterns: readonly string[], model: ModelKey): boolean =>
    matchesModel(vouchedFor(model) ? patterns : writtenOut(patterns), model);
};
