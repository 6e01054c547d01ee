// What somebody, or something, says of an answer: the least of it that a reward is made from.

/** `value` replaces the score, `shift` is what the structure of an answer says of its quality, `weight` is the policy's own. */
export type Taken = { readonly value?: number; readonly shift?: number; readonly weight?: number };

/** Each is kept apart in the ledger. */
export type Signal = {
  /** Who says so: user, eval, judge …; our own begin with @. One effective value per request and source; the last write wins. */
  readonly source: string;
  /** [0,1] */
  readonly score: number;
  readonly at: number;
  /** What it was taken for when it was recorded, where that is not its score at the usual weight (core/reward.ts). */
  readonly taken?: Taken;
};
