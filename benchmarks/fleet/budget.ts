// A fleet on one cap, simulated: the product's slices on every replica over one shared counter that answers late, and at times not at all.
import { setImmediate as turn } from 'node:timers/promises';
import { RouterError } from '../../src/core/errors.ts';
import { nanoUsd } from '../../src/core/money.ts';
import type { Clock, Store } from '../../src/core/ports.ts';
import { createLeasedStore } from '../../src/store/leased.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { seededRng } from '../../src/world.ts';
import { createFakeClock } from '../../test/support/clock.ts';

export type CapTerms = {
  readonly replicas: number;
  readonly seed: number;
  readonly requests: number;
  /** What a question to the shared counter takes, both ways. */
  readonly lagMs: number;
  /** Share of questions to it that are not answered. */
  readonly loss: number;
  /** Part of the time in the middle during which it answers nobody. */
  readonly away: number;
};

export type CapOutcome = {
  /** Of the cap, over it: 0.01 is 1 %. */
  readonly overshoot: number;
  /** Of the cap, at the end. */
  readonly spent: number;
  readonly admitted: number;
  readonly refused: number;
  /** Requests that found neither room nor the counter. */
  readonly unanswered: number;
  readonly questions: number;
};

/** Of the cap a request takes for itself before it is sent, and at most costs. */
const HOLD = nanoUsd(1_000_000);
const SERVICE_MS = 400;
const GAP_MS = 2;
const KEY = 'policy/fleet/day';

type Wire = { readonly store: Store; readonly questions: () => number };

const wireTo = (store: Store, { clock, lost }: { clock: Clock; lost: () => boolean }, lagMs: number): Wire => {
  let questions = 0;
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    questions += 1;
    if (lagMs > 0) await clock.sleep(lagMs);
    if (lost()) throw new RouterError('overloaded', 'away');
    return work();
  };
  const wire: Store = {
    reserve: (...words) => ask(() => store.reserve(...words)),
    settle: (...words) => ask(() => store.settle(...words)),
    spent: (key) => ask(() => store.spent(key)),
    lease: (...words) => ask(() => store.lease(...words)),
    close: async () => undefined,
  };
  return { store: wire, questions: () => questions };
};

/** Twice as much is asked for as the cap can pay, so that every fleet runs into it. One replica: the counter itself, without slices. */
export const simulateCap = async (terms: CapTerms): Promise<CapOutcome> => {
  const rng = seededRng(terms.seed);
  const clock = createFakeClock();
  const memory = createMemoryStore({ clock });
  // A request costs 0.6 of its hold on average.
  const limit = nanoUsd(Math.round(terms.requests * 0.6 * HOLD * 0.5));
  const span = terms.requests * GAP_MS;
  const isAway = (): boolean => Math.abs(clock.elapsed() - span / 2) < (terms.away * span) / 2;
  const wire = wireTo(memory, { clock, lost: () => isAway() || rng.next() < terms.loss }, terms.lagMs);
  const { replicas } = terms;
  const stores =
    replicas === 1
      ? [memory]
      : Array.from({ length: replicas }, (_, own) =>
          createLeasedStore({ shared: wire.store, clock, replica: `r${own}`, replicas: () => replicas }),
        );
  let [spent, admitted, refused, unanswered] = [0, 0, 0, 0];
  const ask = async (id: string): Promise<void> => {
    const store = stores[Math.floor(rng.next() * stores.length)];
    const cost = nanoUsd(Math.round(HOLD * (0.2 + 0.8 * rng.next())));
    try {
      const answer = await store?.reserve(id, [{ key: KEY, limit, amount: HOLD, ttlMs: 86_400_000 }]);
      if (!answer?.ok) return void (refused += 1);
      admitted += 1;
      await clock.sleep(SERVICE_MS);
      spent += cost;
      await store?.settle(id, cost);
    } catch {
      unanswered += 1;
    }
  };
  const under: Promise<void>[] = [];
  for (let number = 0; number < terms.requests; number++) {
    under.push(ask(`q${number}`));
    clock.advance(GAP_MS);
    await turn();
  }
  // Every sleeper in its turn: those who are asked wait as well.
  const ended = new AbortController();
  void Promise.all(under).then(() => ended.abort());
  while (!ended.signal.aborted) {
    clock.advance(SERVICE_MS);
    await turn();
  }
  const closing = Promise.all(stores.map((store) => store.close()));
  for (let rest = 0; rest < 20; rest++) {
    clock.advance(1_000);
    await turn();
  }
  await closing;
  const over = Math.max(0, spent - limit) / limit;
  return { overshoot: over, spent: spent / limit, admitted, refused, unanswered, questions: wire.questions() };
};
