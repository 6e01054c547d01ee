// A route whose sellers answer when they are told to, over the product's own counters, with a ledger that is a list: what budgets are tested in.
import { createRecall } from '../../src/app/caps.ts';
import { booksOf } from '../../src/app/learning.ts';
import type { Decision } from '../../src/core/decision.ts';
import type { LedgerRecord, Range, SpendRow } from '../../src/core/ledger.ts';
import { nanoUsd } from '../../src/core/money.ts';
import { type Outcome, type Run, worstCost } from '../../src/core/outcome.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { Ledger } from '../../src/core/ports.ts';
import type { Dispatch } from '../../src/dispatch/dispatch.ts';
import { createBeliefs } from '../../src/learn/beliefs.ts';
import { createExplorationSpend } from '../../src/learn/exploration.ts';
import { createLearner } from '../../src/learn/learner.ts';
import { createPacer } from '../../src/learn/pacing.ts';
import { createRoute } from '../../src/route.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createFakeClock } from './clock.ts';
import { seededRng } from './rng.ts';
import { sampleOffer, sampleQuote, sampleRequest } from './sample.ts';

/** What a request is set aside at by its seller, and counts at where nobody heard of its end. */
export const RESERVED = 33_000_000;
const OFFER = sampleOffer();
type Ended = { readonly decision: Decision; readonly outcome?: Outcome };

/** The ledger's sums, said once more: by the moment of decision, what never ended at what was set aside. */
const createLedger = () => {
  const kept = new Map<string, Ended>();
  const append = (records: readonly LedgerRecord[]): void => {
    for (const record of records) {
      if (record.kind === 'decision') kept.set(record.decision.requestId, { decision: record.decision });
      const known = record.kind === 'outcome' ? kept.get(record.outcome.requestId) : undefined;
      if (record.kind === 'outcome' && known) kept.set(record.outcome.requestId, { ...known, outcome: record.outcome });
    }
  };
  /** Requests whose router died. */
  let lost: ReadonlySet<string> = new Set();
  const spentOf = ({ outcome }: Ended): number => (outcome ? worstCost(outcome) : RESERVED);
  const within = ({ from, to }: Range) => [...kept.values()].filter(({ decision: { at } }) => at >= from && at < to);
  const sum = (some: readonly Ended[]): number => some.reduce((total, ended) => total + spentOf(ended), 0);
  const hasEnded = ({ decision, outcome }: Ended): boolean => outcome !== undefined || lost.has(decision.requestId);
  const spent = (range: Range): number => sum(within(range));
  const ledger: Ledger = {
    append: async (records) => append(records),
    request: async () => undefined,
    lessons: async function* () {},
    spend: async (range) => [
      {
        key: 'auto',
        cost: nanoUsd(sum(within(range).filter(hasEnded))),
        ambiguousCost: nanoUsd(0),
      } as unknown as SpendRow,
    ],
    close: async () => undefined,
  };
  return { ledger, spent, lose: () => void (lost = new Set(kept.keys())) };
};

type UnderWay = { readonly at: number; readonly end: (outcome: Outcome) => void; readonly decision: Decision };

export const createBudgetWorld = async (policy: Policy, seed: number) => {
  const fake = createFakeClock();
  let jumped = 0;
  const clock = { ...fake, now: () => fake.now() + jumped };
  const { ledger, spent, lose } = createLedger();
  let underWay: UnderWay[] = [];
  let price = 1;
  const dispatch: Dispatch = async (decision, _, journal) => {
    await journal({
      requestId: decision.requestId,
      attempt: 1,
      at: clock.now(),
      offer: OFFER.key,
      reserved: nanoUsd(RESERVED),
    }).written;
    const { promise: settled, resolve: end } = Promise.withResolvers<Outcome>();
    underWay.push({ decision, at: decision.at, end });
    return { committed: true, run: { decision, settled } as unknown as Run };
  };
  const open = async () => {
    const store = createMemoryStore({ clock });
    const recall = createRecall(() => ({
      policies: [policy],
      keys: [],
      providers: [],
      ledger,
      at: clock.now(),
      store,
    }));
    await recall();
    const books = booksOf(store);
    const learner = createLearner({
      beliefs: createBeliefs({ priorOf: () => ({ easy: 0.8, hard: 0.6, weight: 3, outputTokens: 300 }) }),
      pacer: createPacer({ books }),
      exploration: createExplorationSpend(),
      orderIn: () => () => 0,
      rng: seededRng(seed),
    });
    const route = createRoute({
      policies: { get: () => policy, list: () => [policy] },
      market: {
        offersFor: () => [OFFER],
        quote: () => ({ quotes: [sampleQuote(OFFER, { input: price, output: price })], rejected: [] }),
      } as never,
      learner,
      clock,
      dispatch,
      store,
      ledger,
      observe: () => undefined,
      background: () => undefined,
    });
    return { store, books, route, recall };
  };
  let life = await open();
  return {
    clock,
    spent,
    life: () => life,
    underWay: () => underWay,
    take: (which: number) => underWay.splice(which % Math.max(1, underWay.length), 1)[0],
    setPrice: (to: number) => void (price = to),
    /** How far the wall clock is off from now on. */
    jump: async (toMs: number): Promise<void> => {
      jumped = Math.round(toMs);
      await life.recall();
    },
    pass: fake.advance,
    restart: async () => {
      // Nobody hears of their ends: the ledger takes them for interrupted.
      underWay = [];
      lose();
      life = await open();
    },
  };
};

export const askFor = (number: number) => ({
  requestId: `r${number}`,
  request: sampleRequest(),
  caller: { id: 'local', policies: [] },
  explore: 'never' as const,
  signal: new AbortController().signal,
});

export const outcomeOf = (
  { requestId, at }: Decision,
  { cost, how }: { readonly cost: number; readonly how: 'billed' | 'refunded' | 'ambiguous' },
): Outcome => {
  const is = { billed: cost, refunded: 0, ambiguous: RESERVED }[how];
  const costStatus = how === 'ambiguous' ? 'ambiguous' : 'exact';
  const attempt = { requestId, attempt: 1, offer: OFFER.key, at, result: 'ok', usage: {}, cost: nanoUsd(is) } as const;
  return {
    requestId,
    at,
    status: 'failed',
    offer: OFFER.key,
    attempts: [{ ...attempt, costStatus, priceRevision: 'x', totalMs: 1 }],
    cost: nanoUsd(how === 'ambiguous' ? 0 : is),
    costStatus,
    totalMs: 1,
  };
};
