// How two sets of requirements become one: field by field the stricter, so that a rule can never widen its policy.
import type { Requirements } from '../core/policy.ts';

/** A list that leaves nothing in common. Empty would mean "any", so this is a fault of the file, never a value. */
export type Conflict = 'regions' | 'providers';

export type Narrowed = { readonly require: Requirements; readonly conflicts: readonly Conflict[] };

/** The smaller of two; of one, that one. */
const lower = <Value extends number>(a: Value | undefined, b: Value | undefined): Value | undefined => {
  if (a === undefined) return b;
  return b === undefined || a <= b ? a : b;
};

/** Empty lists mean any. */
const inCommon = (base: readonly string[], change: readonly string[]): readonly string[] => {
  if (base.length === 0) return change;
  if (change.length === 0) return base;
  return change.filter((name) => base.includes(name));
};

const disjoint = (base: readonly string[], change: readonly string[]): boolean =>
  base.length > 0 && change.length > 0 && inCommon(base, change).length === 0;

export const narrow = (base: Requirements, change: Requirements): Narrowed => {
  const conflicts = (['regions', 'providers'] as const).filter((list) => disjoint(base[list], change[list]));
  const maxCost = lower(base.maxCost, change.maxCost);
  const firstTokenMs = lower(base.firstTokenMs, change.firstTokenMs);
  const maxInputPrice = lower(base.maxInputPrice, change.maxInputPrice);
  const maxOutputPrice = lower(base.maxOutputPrice, change.maxOutputPrice);
  return {
    conflicts,
    require: {
      training: base.training === 'never' ? 'never' : change.training,
      retention: base.retention === 'none' ? 'none' : change.retention,
      regions: inCommon(base.regions, change.regions),
      selfHosted: base.selfHosted || change.selfHosted,
      ...(maxCost !== undefined && { maxCost }),
      ...(firstTokenMs !== undefined && { firstTokenMs }),
      ...(maxInputPrice !== undefined && { maxInputPrice }),
      ...(maxOutputPrice !== undefined && { maxOutputPrice }),
      providers: inCommon(base.providers, change.providers),
    },
  };
};
