// One shared counter as one replica sees it: it pays out of the slices at hand and asks the shared store for the next one ahead of need.
import { type NanoUsd, nanoUsd } from '../core/money.ts';
import type { Clock, Hold, Store } from '../core/ports.ts';
import { createPool, type Fold, type Slice } from './pool.ts';

export type LeasedCounterDeps = {
  readonly key: string;
  readonly shared: Store;
  readonly clock: Clock;
  /** A name no other slice has, on any replica. */
  readonly nameSlice: () => string;
  /** How many replicas share the limits now. */
  readonly replicas: () => number;
};

/** A slice is what is left, in so many parts for each replica; never less than what is asked for. */
const PARTS_EACH = 2;
/** The shared store has said no: it is not asked for as much again for as long. */
const REFUSED_FOR_MS = 100;
/** Slices that nobody has used for as long go back: a dormant replica locks nobody out. */
const IDLE_MS = 2_000;

const DONE = Promise.resolve();

export class LeasedCounter {
  readonly #deps: LeasedCounterDeps;
  readonly #pool = createPool();
  /** What the shared store last said is spent and reserved there, by all. */
  #known = 0;
  #refused = { until: 0, amount: 0 };
  #faults: { readonly count: number; readonly last?: unknown } = { count: 0 };
  #usedAt: number;
  #filling = false;
  /** Without a limit: what is spent and held is told afterwards, once a second. Kept for its whole window, since what is known of it is asked for. */
  #counted: { readonly hold: Hold; readonly until: number } | undefined;
  /** Since others were last heard. */
  #changed = false;
  /** One asks the shared store at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #turns = 0;

  constructor(deps: LeasedCounterDeps) {
    this.#deps = deps;
    this.#usedAt = deps.clock.elapsed();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#turns += 1;
    const next = this.#turn.then(work).finally(() => (this.#turns -= 1));
    this.#turn = next.catch(() => undefined);
    return next;
  }

  #partOf({ limit }: Hold): number {
    if (limit === undefined) return 0;
    return Math.floor((limit - this.#known) / (PARTS_EACH * Math.max(1, this.#deps.replicas())));
  }

  #isRefused(amount: number): boolean {
    return this.#deps.clock.elapsed() < this.#refused.until && amount >= this.#refused.amount;
  }

  async #fetchSlice(hold: Hold, least: number): Promise<boolean> {
    try {
      return await this.#askForSlice(hold, least);
    } catch (last) {
      this.#faults = { count: this.#faults.count + 1, last };
      throw last;
    }
  }

  async #askForSlice(hold: Hold, least: number): Promise<boolean> {
    const part = this.#partOf(hold);
    for (const size of part > least ? [part, least] : [least]) {
      const slice = { id: this.#deps.nameSlice(), size: nanoUsd(size) };
      const { ok } = await this.#deps.shared.reserve(slice.id, [{ ...hold, amount: slice.size }]);
      if (!ok) continue;
      this.#pool.grant(slice);
      this.#known += size;
      return true;
    }
    this.#refused = { until: this.#deps.clock.elapsed() + REFUSED_FOR_MS, amount: least };
    return false;
  }

  /** Out of the slices at hand. */
  takeNow(hold: Hold): boolean {
    this.#usedAt = this.#deps.clock.elapsed();
    if (hold.limit === undefined) this.#counted = { hold, until: this.#usedAt + hold.ttlMs };
    else if (this.#pool.free() < hold.amount) return false;
    this.#pool.hold(hold.amount);
    this.#changed = true;
    return true;
  }

  /** With a new slice, if there is one to be had. @throws what the shared store throws while it is away */
  take(hold: Hold): Promise<boolean> {
    const before = this.#faults.count;
    return this.#inTurn(async () => {
      if (this.takeNow(hold)) return true;
      // Whoever stood in line behind the one that found it away is not made to wait as well.
      if (this.#faults.count > before) throw this.#faults.last;
      const missing = hold.amount - this.#pool.free();
      return !this.#isRefused(missing) && (await this.#fetchSlice(hold, missing)) && this.takeNow(hold);
    });
  }

  release(amount: NanoUsd, cost: NanoUsd): void {
    this.#pool.release(amount, cost);
    this.#changed = true;
  }

  /** The next slice is fetched before the last one runs out, while nobody waits for it. */
  fillAhead(hold: Hold): void {
    if (hold.limit === undefined) return;
    const enough = (): boolean => this.#pool.free() > this.#partOf(hold) / 2;
    const part = this.#partOf(hold);
    if (this.#filling || enough() || part <= hold.amount || this.#isRefused(part)) return;
    this.#filling = true;
    const fill = async (): Promise<void> => {
      if (!enough()) await this.#fetchSlice(hold, part);
      this.#known = await this.#deps.shared.spent(this.#deps.key);
    };
    // A shared store that is away is noticed by whoever has to wait for it.
    void this.#inTurn(fill)
      .catch(() => undefined)
      .finally(() => (this.#filling = false));
  }

  /** By all replicas, what is free in our slices not counted. */
  spent(): Promise<NanoUsd> {
    return this.#inTurn(async () => {
      this.#known = await this.#deps.shared.spent(this.#deps.key);
      return this.known();
    });
  }

  /** The same without asking: what others spent since we last asked is not in it. */
  known(): NanoUsd {
    return nanoUsd(Math.max(0, this.#known - this.#pool.free()));
  }

  /** What can be given back now; with `all`, what is under way is charged as held. */
  fold(all: boolean): readonly Fold[] {
    const before = this.#pool.free();
    const folds = this.#foldable(all);
    this.#known -= before - this.#pool.free();
    return folds;
  }

  #foldable(all: boolean): readonly Fold[] {
    if (all) return this.#pool.foldAll();
    if (this.#turns > 0) return [];
    // Without a limit a slice is what is held and no more.
    if (this.#counted) return this.#pool.spent() > 0 || this.#pool.free() > 0 ? this.#pool.settleAll() : [];
    return this.#deps.clock.elapsed() - this.#usedAt >= IDLE_MS ? this.#pool.fold() : [];
  }

  /** Without a limit: takes a slice for what is spent and held and was not told yet. @throws what the shared store throws while it is away */
  cover(): Promise<unknown> {
    const hold = this.#counted?.hold;
    if (!hold || this.#pool.free() >= 0) return DONE;
    return this.#inTurn(async () => {
      const missing = -this.#pool.free();
      if (missing > 0) await this.#fetchSlice(hold, missing);
    });
  }

  /** Without a limit: hears what others have spent, where something was spent here. @throws as above */
  async hear(): Promise<void> {
    if (!this.#counted || !this.#changed) return;
    await this.spent();
    this.#changed = false;
  }

  /** The shared store has lost what it knew of our slices: what is left of them, to be reserved there under one new name. */
  rebase(): Slice | undefined {
    const before = this.#pool.free();
    const left = this.#pool.rebase(this.#deps.nameSlice());
    this.#known -= before - this.#pool.free();
    return left;
  }

  isDone(): boolean {
    const isCounted = this.#counted !== undefined && this.#deps.clock.elapsed() < this.#counted.until;
    return this.#turns === 0 && this.#pool.isEmpty() && !isCounted;
  }
}
