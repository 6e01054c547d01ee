// What this replica holds of one shared counter: slices it has reserved there, out of which requests are paid without asking again.
import { type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';

export type Slice = { readonly id: string; readonly size: NanoUsd };
/** How a slice ends: the shared store is told what of it was spent. */
export type Fold = { readonly id: string; readonly cost: NanoUsd };

/** Each slice is charged up to its size, the last one with all that is left, even beyond. */
const charge = (slices: readonly Slice[], spent: number): Fold[] => {
  let left = spent;
  return slices.map(({ id, size }, index) => {
    const cost = index === slices.length - 1 ? left : Math.min(size, left);
    left -= cost;
    return { id, cost: nanoUsd(cost) };
  });
};

const sizeOf = (slices: readonly Slice[]): number => slices.reduce((sum, { size }) => sum + size, 0);

/**
 * Slices of one counter taken together, so that no remainder of a slice is too small to be of use. What is free may be negative: a request
 * may cost more than was held for it, and the next slice pays for that first.
 */
export const createPool = () => {
  let slices: readonly Slice[] = [];
  let held = 0;
  let spent = 0;
  const free = (): number => sizeOf(slices) - held - spent;

  const settleAll = (): Fold[] => {
    const folds = charge(slices, spent);
    // What nobody granted stays to be paid by the next slice.
    if (slices.length > 0) spent = 0;
    slices = [];
    return folds;
  };

  /** Requests are under way: only slices nobody needs go back whole. */
  const returnUnused = (): Fold[] => {
    let room = free();
    const unused = slices.toReversed().filter(({ size }) => {
      const goes = size <= room;
      if (goes) room -= size;
      return goes;
    });
    slices = slices.filter((slice) => !unused.includes(slice));
    return unused.map(({ id }) => ({ id, cost: ZERO_USD }));
  };

  return {
    /** Nano-dollars that can be held now; negative where more was spent than granted. */
    free,
    grant: (slice: Slice): void => void (slices = [...slices, slice]),
    hold: (amount: NanoUsd): void => void (held += amount),
    release(amount: NanoUsd, cost: NanoUsd): void {
      held -= amount;
      spent += cost;
    },
    isEmpty: (): boolean => slices.length === 0 && held === 0 && spent === 0,
    /**
     * All slices become one, of what is held and free: what was spent out of them is told in another way. Nothing where nothing is left.
     */
    rebase(id: string): Slice | undefined {
      const size = Math.max(0, held + Math.max(0, free()));
      spent = 0;
      slices = size > 0 ? [{ id, size: nanoUsd(size) }] : [];
      return slices[0];
    },
    /** Out of the slices at hand, and not told yet. */
    spent: (): number => spent,
    /** What was spent, whatever is still under way: the next slice is to cover that. */
    settleAll,
    /** What to tell the shared store of slices that are done with. */
    fold: (): Fold[] => (held === 0 ? settleAll() : returnUnused()),
    /** For good: what is still under way is charged as held. */
    foldAll(): Fold[] {
      spent += held;
      held = 0;
      return settleAll();
    },
  };
};
