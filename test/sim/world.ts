// A whole router in simulated time: the product's own parts, wired as app.ts wires them, with sellers, feeds, ledger and clock played.
import type { Config } from '../../src/config.ts';
import { RouterError } from '../../src/core/errors.ts';
import type { Feedback } from '../../src/core/ledger.ts';
import type { OfferKey } from '../../src/core/offer.ts';
import type { Provider, Tally } from '../../src/core/ports.ts';
import { booksOf } from '../../src/app/learning.ts';
import { createCanPay, createProviderBudgets } from '../../src/app/provider-budgets.ts';
import { measure } from '../../src/app/measuring.ts';
import { createDispatch } from '../../src/dispatch/dispatch.ts';
import type { Patience } from '../../src/dispatch/patience.ts';
import { createBeliefs } from '../../src/learn/beliefs.ts';
import { createExplorationSpend } from '../../src/learn/exploration.ts';
import { createLearner, type Learner } from '../../src/learn/learner.ts';
import { createPacer } from '../../src/learn/pacing.ts';
import { createConversations } from '../../src/market/conversations.ts';
import { createHealth } from '../../src/market/health.ts';
import { createLatency } from '../../src/market/latency.ts';
import { createMarket } from '../../src/market/market.ts';
import { createRefresh } from '../../src/market/refresh.ts';
import { createPriceTable } from '../../src/market/sheets.ts';
import { createUptime } from '../../src/market/uptime.ts';
import { matchesModel, placeOfModel } from '../../src/policy/globs.ts';
import { createRoute } from '../../src/route.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { seededRng } from '../../src/world.ts';
import type { Evidence } from './evidence.ts';
import { canonicalise, createFeeds, createTruth } from './feeds.ts';
import { watchDecisions, watchHealth } from './ears.ts';
import { createSimLedger, createWire } from './keepers.ts';
import type { Layers } from './layers.ts';
import { OFFERS, POLICIES } from './offers.ts';
import { createPurse } from './purse.ts';
import { createSeller } from './seller.ts';

const FEED_DUE_MS = 60_000;

/** As the configuration has it where nothing is said. */
const PATIENCE: Patience = {
  connectMs: 3_000,
  firstTokenMs: 10_000,
  slowFirstTokenMs: 60_000,
  firstTokenMostMs: 180_000,
  idleMs: 30_000,
  thinkingIdleMs: 120_000,
  progressMs: 60_000,
  wholeMs: 60_000,
  retryPauseMs: 500,
};

const PRIORS: Readonly<Record<string, number>> = { 'lumen/spark': 0.6, 'tidal/current': 0.75, 'quarry/granite': 0.85 };

const newLearner = (seed: number, tally: Tally): Learner =>
  createLearner({
    beliefs: createBeliefs({
      priorOf: (model) => ({
        easy: PRIORS[model] ?? 0.5,
        hard: (PRIORS[model] ?? 0.5) - 0.2,
        weight: 3,
        outputTokens: 60,
      }),
    }),
    pacer: createPacer({ books: booksOf(tally) }),
    exploration: createExplorationSpend(),
    orderIn: (patterns) => (model) => placeOfModel(patterns, model),
    rng: seededRng(seed),
  });

/** What work after an answer may fail with: the ledger or the store has said no. */
const isRefusal = (fault: unknown): boolean => fault instanceof RouterError && fault.code !== 'internal';

const same = <Part>(part: Part): Part => part;

export const createWorld = async (evidence: Evidence, layers: Layers) => {
  const { clock, scenario } = evidence;
  const { seed } = scenario;
  const rng = seededRng(seed ^ 0x5eed);
  const truth = createTruth(scenario, clock);
  const purse = createPurse(evidence);
  const memory = createMemoryStore({ clock });
  const wire = createWire(memory, { evidence, rng: seededRng(seed ^ 0x3147), heard: purse });
  const store = (layers.store ?? same)(wire);
  const simLedger = createSimLedger(evidence);
  const ledger = (layers.ledger ?? same)(simLedger);

  const table = createPriceTable({ canonicalise });
  const refresh = createRefresh({
    feeds: createFeeds(scenario, truth, clock),
    table,
    clock,
    rng: seededRng(seed ^ 0xfeed),
    mayRead: (feed, forMs) => memory.lease(`feed/${feed}`, 'sim', forMs),
    onChange: () => undefined,
    onFault: () => undefined,
  });
  await refresh.all();

  const config = {
    providers: scenario.sellers.map(({ name, spend }) => ({
      name,
      ...(spend === undefined ? {} : { spend: { amount: spend, periodMs: 3_600_000 } }),
    })),
  } as unknown as Config;
  const canPay = createCanPay(config, { tally: memory, clock });
  const health = watchHealth((layers.health ?? same)(createHealth({ clock })), evidence);
  const latency = createLatency({ clock });
  const uptime = createUptime({ clock });
  const quarry = OFFERS.find(({ provider }) => provider === 'quarry');
  const market = (layers.market ?? same)(
    createMarket({
      offers: OFFERS,
      sheetOf: (layers.sheetOf ?? same)((offer: OfferKey, at: number) => table.now(offer, at)),
      referenceOffer: () => quarry,
      matches: matchesModel,
      latency,
      health,
      conversations: createConversations({ clock }),
      clock,
      rng,
      canPay,
    }),
  );
  const learner = watchDecisions((layers.learner ?? same)(newLearner(seed, memory)), {
    evidence,
    health,
    truth,
    canPay: canPay ?? (() => true),
  });
  const sellers = scenario.sellers.map((plan, at) => createSeller({ plan, evidence, rng: seededRng(seed * 8 + at) }));
  const providers = new Map<string, Provider>(
    sellers.map((seller) => [seller.name, (layers.provider ?? same)(seller)]),
  );
  const budgets = createProviderBudgets(config, store);
  const dispatch = (layers.dispatch ?? same)(
    createDispatch({
      providers,
      clock: (layers.dispatchClock ?? same)(clock),
      health: (layers.blame ?? same)(health),
      patience: PATIENCE,
      rng: seededRng(seed ^ 0xd15),
      purse: budgets.purse,
    }),
  );
  const route = createRoute({
    policies: { get: (name) => POLICIES.find((policy) => policy.name === name), list: () => POLICIES },
    market,
    learner,
    clock,
    dispatch,
    store,
    ledger,
    keepsCalls: scenario.keepsCalls,
    settleProviders: budgets.settle,
    observe: (decision, outcome) => measure({ latency, uptime }, decision, outcome),
    background: (work) =>
      void work.catch((fault: unknown) =>
        evidence.check('background', isRefusal(fault), -1, () => `after an answer: ${String(fault)}`),
      ),
  });

  return {
    route,
    learner,
    store: memory,
    purse,
    health,
    settled: simLedger.settled,
    /** What clients have said of their answers. */
    said: new Map<string, Feedback>(),
    /** One that has been told nothing yet. */
    freshLearner: () => newLearner(seed, memory),
    /** Lets feeds be read until then, and the wall clock jump. */
    begin(untilMs: number): void {
      for (const { atMs, byMs } of scenario.steps) clock.after(atMs, () => clock.step(byMs));
      const due = (): void => {
        void refresh.due();
        if (clock.elapsed() + FEED_DUE_MS < untilMs) clock.after(FEED_DUE_MS, due);
      };
      clock.after(FEED_DUE_MS, due);
    },
  };
};

export type World = Awaited<ReturnType<typeof createWorld>>;
