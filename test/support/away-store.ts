// A store that can be made to be away, and the turns it takes until all that is under way has been said.
import { RouterError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/ports.ts';

/** A store that rejects while it is away; what it says arrives in a later turn, as over a wire. */
export const awayStore = (store: Store) => {
  let away = false;
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    await Promise.resolve();
    if (away) throw new RouterError('overloaded', 'away');
    return work();
  };
  const wrapped: Store = {
    reserve: (...words) => guarded(() => store.reserve(...words)),
    settle: (...words) => guarded(() => store.settle(...words)),
    spent: (key) => guarded(() => store.spent(key)),
    lease: (...words) => guarded(() => store.lease(...words)),
    close: () => store.close(),
  };
  return { store: wrapped, set: (now: boolean) => (away = now) };
};

export const settleDown = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};
