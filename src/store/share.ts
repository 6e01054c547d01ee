// What a shared store that was emptied is told: of each counter, what everybody had spent, and what they still hold of it.
import type { NanoUsd } from '../core/money.ts';
import type { Store } from '../core/ports.ts';

export type Share = {
  /** The counter. */
  readonly key: string;
  /** Whose: a replica, as the ledger numbers its writers. */
  readonly who: string;
  readonly spent: NanoUsd;
  readonly ttlMs: number;
  /** Reserved beyond what is spent, under a name that can be settled. Only its owner knows; the ledger does not. */
  readonly held?: { readonly id: string; readonly amount: NanoUsd };
};

/** Who says so: each share counts once, and what a replica says of itself replaces what the ledger said of it. */
export type Witness = 'own' | 'ledger';

/** A store of several replicas, which may be away, or come back with nothing in it. Then it rejects, and who uses it (leased.ts) tells it again. */
export type SharedStore = Store & {
  /** It does not answer, or does not take what it is told. */
  readonly isAway: () => boolean;
  /** @throws RouterError overloaded while it is away */
  restore(share: Share, witness: Witness): Promise<void>;
  /** Replicas that have not left in good order. @throws RouterError overloaded while it is away */
  members(): Promise<readonly string[]>;
  /**
   * Some replicas are gone for good: what they held is free again. All counters begin anew, from what the living say and what the ledger says of the
   * others. @throws while it is away
   */
  recount(gone: readonly string[]): Promise<void>;
  /** `restore` is called when the store was found to be another one than before, until it resolves; nothing is reserved there meanwhile. */
  onEmptied(restore: () => Promise<void>): void;
};
