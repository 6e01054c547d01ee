// Builds every part and wires it; the only place that constructs things. Read top to bottom it is the wiring diagram.
import { randomUUID } from 'node:crypto';
import { schedule } from 'node-cron';
import { createTransport } from './adapters/transport.ts';
import { createBackground } from './app/background.ts';
import { boardOf } from './app/board.ts';
import { recallCaps } from './app/caps.ts';
import { createDrain } from './app/drain.ts';
import { createJudge } from './app/judge.ts';
import { openLearner, recallSpend, teachMarket } from './app/learning.ts';
import { limitsOf } from './app/limits.ts';
import { openMarket, type OpenMarket } from './app/market.ts';
import { openPriceMemory, type PriceMemory } from './app/price-memory.ts';
import { startProbing } from './app/probe-schedule.ts';
import { openLedger, openSecret, openStore } from './app/state.ts';
import { createAddressList } from './auth/addresses.ts';
import { createFeedbackTokens } from './auth/feedback-token.ts';
import { createKeyring } from './auth/keys.ts';
import type { Config } from './config.ts';
import type { Decision } from './core/decision.ts';
import type { Outcome } from './core/outcome.ts';
import type { Clock, Rng } from './core/ports.ts';
import { openDispatch } from './app/dispatching.ts';
import { createMetrics } from './http/metrics.ts';
import type { LagMeter } from './http/pressure.ts';
import { createServer } from './http/server.ts';
import type { LivePolicies } from './policy/watch.ts';
import { createPolicies } from './policy/watch.ts';
import { formatProblem } from './policy/yaml-file.ts';
import { createDryRun, createRoute } from './route.ts';

const VERSION = '0.1.0';
const EVERY_MINUTE = '* * * * *';

/** Begins with the time: what is written together lies together in the ledger's indexes, which halves what it writes. */
const orderedId = (clock: Clock): string => `${clock.now().toString(16).padStart(12, '0')}-${randomUUID()}`;

export type AppWorld = {
  readonly clock: Clock;
  readonly rng: Rng;
  /** A line for the operator: price changes, feed faults, policy problems. Never a prompt, never a key. */
  readonly say: (line: string) => void;
  /** How late this process is; absent: measured. */
  readonly lag?: LagMeter;
  /** Where log lines go; absent: standard output. */
  readonly log?: { write(line: string): void };
};

const openPolicies = ({ policies }: Config, say: (line: string) => void): Promise<LivePolicies> =>
  createPolicies({
    directory: policies,
    onChange: (all) => say(`policies reloaded: ${all.map(({ name }) => name).join(', ')}`),
    onProblems: (problems) => problems.forEach((problem) => say(formatProblem(problem))),
  });

type Counted = { readonly market: OpenMarket; readonly memory: PriceMemory; readonly policies: LivePolicies };

const openMetrics = (config: Config, { market, memory, policies }: Counted) => {
  const { offers, latency } = market;
  const providers = new Set(config.providers.map(({ name }) => name));
  const keys = new Set<string>(offers.map(({ key }) => key));
  const policy = (name: string): boolean => policies.get(name) !== undefined;
  const known = { policy, provider: (name: string) => providers.has(name), offer: (key: string) => keys.has(key) };
  return createMetrics({ known, latencyAges: () => latency.ages(), prices: memory.numbers });
};

/** @throws Error that says what to mend: a bad policy, an unknown feed, a ledger held by another process */
const openParts = async (config: Config, { clock, rng, say }: AppWorld, toClose: AsyncDisposableStack) => {
  const policies = await openPolicies(config, say);
  toClose.defer(() => policies.close());
  const store = await openStore(config, clock);
  toClose.defer(() => store.close());
  const ledger = await openLedger(config, { clock, say });
  toClose.defer(() => ledger.close());
  const memory = await openPriceMemory({ history: ledger.prices, clock, say });
  toClose.defer(() => memory.close());
  const market = await openMarket(config, {
    clock,
    rng,
    store,
    process: randomUUID(),
    memory,
    onPriceChange: memory.changed,
    onFeedFault: (feed, why) => say(`feed ${feed}: ${why}`),
  });
  const learner = await openLearner({ market, ledger, rng });
  const spent = { policies: policies.list(), ledger, at: clock.now() };
  await recallSpend({ ...spent, learner });
  if (!config.redis) await recallCaps({ ...spent, keys: config.keys, providers: config.providers, store });
  const metrics = openMetrics(config, { market, memory, policies });
  return { policies, store, ledger, memory, market, learner, metrics, secret: await openSecret(config) };
};

/** What does not open closes what has opened: a process that refuses to start must also end. */
export const createApp = async (config: Config, world: AppWorld) => {
  await using toClose = new AsyncDisposableStack();
  const app = wire(config, world, await openParts(config, world, toClose));
  toClose.move();
  return app;
};

type Parts = Awaited<ReturnType<typeof openParts>>;

/** What a request goes through, and what hears of it afterwards. */
const wireRequests = (config: Config, world: AppWorld, parts: Parts) => {
  const { clock } = world;
  const { policies, store, ledger, memory, market, learner, metrics } = parts;
  const transport = createTransport();
  const background = createBackground(world.say);
  const { dispatch, settleProviders } = openDispatch(config, { ...world, market, store, transport });
  const judge = createJudge({ ledger, learner });
  const probing = startProbing(config, { ...world, ...parts, dispatch, newId: () => orderedId(clock) });
  const observe = (decision: Decision, outcome: Outcome): void => {
    probing.noticed(decision);
    metrics.decided(decision);
    metrics.settled(outcome, decision);
    memory.settled(outcome);
    teachMarket(market, decision, outcome);
    judge.ended(decision, outcome);
  };
  const deciders = { policies, market: market.market, learner, clock };
  const dryRun = createDryRun(deciders);
  const route = createRoute({
    ...deciders,
    dispatch,
    store,
    ledger,
    keepsCalls: ledger.keepsCalls ?? false,
    settleProviders,
    observe,
    background: background.run,
  });
  return { transport, background, judge, probing, dryRun, route };
};

const wire = (config: Config, world: AppWorld, parts: Parts) => {
  const { clock } = world;
  const { policies, store, ledger, memory, market, learner, metrics } = parts;
  const { transport, background, judge, probing, dryRun, route } = wireRequests(config, world, parts);
  const stopping = new AbortController();
  const server = createServer({
    pipeline: { route, dryRun },
    entry: {
      keyring: createKeyring(config.keys),
      addresses: createAddressList(config.allow),
      requestId: () => orderedId(clock),
    },
    market: boardOf(market, { clock, memory }),
    policies: () => policies.list(),
    records: {
      ledger,
      feedback: judge.hear,
      tokens: createFeedbackTokens(parts.secret),
      prices: { history: ledger.prices, traffic: ledger.traffic, billChecks: memory.billChecks },
    },
    operations: {
      ready: () =>
        drain.ready([
          ...(market.offers.length > 0 ? [] : ['nothing is on offer']),
          ...[ledger.fault()].filter((why) => why !== undefined),
        ]),
      metrics,
      version: VERSION,
      log: { level: config.log, ...(world.log ? { stream: world.log } : {}) },
      ...(world.lag ? { lag: world.lag } : {}),
      stop: stopping.signal,
    },
    clock,
    limits: limitsOf(config),
  });
  const minutely = schedule(EVERY_MINUTE, () => void market.refresh.due(), { noOverlap: true });

  const drain = createDrain({
    clock,
    closeServer: () => server.close(),
    endAnswers: () => stopping.abort(),
    stopWork: () => {
      const work = [market.refresh.stop(), probing.stop(), Promise.resolve(minutely.destroy())];
      policies.close();
      return Promise.all(work);
    },
    settle: async () => {
      await background.idle();
      await memory.close();
      await Promise.all([ledger.close(), store.close(), transport.close()]);
    },
  });
  const { close, hurry } = drain;
  const { recovered } = ledger;
  return { server, route, dryRun, ledger, store, policies, market, learner, probing, recovered, close, hurry };
};

export type App = Awaited<ReturnType<typeof createApp>>;
