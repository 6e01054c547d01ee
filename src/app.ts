// Builds every part and wires it; the only place that constructs things. Read top to bottom it is the wiring diagram.
import { randomUUID } from 'node:crypto';
import { createTransport } from './adapters/transport.ts';
import { createBackground } from './app/background.ts';
import { boardOf } from './app/board.ts';
import { openCluster } from './app/cluster.ts';
import { createDrain } from './app/drain.ts';
import { every } from './app/every.ts';
import { createJudge } from './app/judge.ts';
import { createJudging } from './app/judging.ts';
import { openLearner, teachMarket } from './app/learning.ts';
import { limitsOf } from './app/limits.ts';
import { openMarket } from './app/market.ts';
import { openMetrics } from './app/meters.ts';
import { openPolicies } from './app/policies.ts';
import { openPriceMemory } from './app/price-memory.ts';
import { startProbing } from './app/probe-schedule.ts';
import { createRepeats } from './app/repeats.ts';
import { tieReplicas } from './app/replicas.ts';
import { createTaking } from './app/rewards.ts';
import { openLedger, openSecret } from './app/state.ts';
import { createAddressList } from './auth/addresses.ts';
import { createFeedbackTokens } from './auth/feedback-token.ts';
import { createKeyring } from './auth/keys.ts';
import type { Config } from './config.ts';
import { createCalibration } from './core/calibration.ts';
import type { Decision } from './core/decision.ts';
import { requestIdAt } from './core/request-id.ts';
import type { Outcome } from './core/outcome.ts';
import type { Clock, Rng } from './core/ports.ts';
import { openDispatch } from './app/dispatching.ts';
import type { LagMeter } from './http/pressure.ts';
import { createServer } from './http/server.ts';
import { createDryRun, createRoute } from './route.ts';

const VERSION = '0.1.0';
const MINUTE_MS = 60_000;

/** Begins with the time: what is written together lies together in the ledger's indexes, which halves what it writes. */
const orderedId = (clock: Clock): string => requestIdAt(clock.now(), randomUUID());

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

/** @throws Error that says what to mend: a bad policy, an unknown feed, a ledger held by another process */
const openParts = async (config: Config, { clock, rng, say }: AppWorld, toClose: AsyncDisposableStack) => {
  const policies = await openPolicies(config, say);
  toClose.defer(() => policies.close());
  const ledger = await openLedger(config, { clock, say });
  toClose.defer(() => ledger.close());
  const cluster = await openCluster(config, { clock, say, ledger, policies });
  toClose.defer(() => cluster.close());
  const { store, degraded } = cluster;
  const replicas = tieReplicas({ sharing: cluster.sharing, clock, say, ledger });
  const memory = await openPriceMemory({ history: ledger.prices, clock, say });
  toClose.defer(() => memory.close());
  const market = await openMarket(config, {
    clock,
    rng,
    store,
    process: cluster.replica,
    memory,
    onPriceChange: memory.changed,
    onFeedFault: (feed, why) => say(`feed ${feed}: ${why}`),
    ...(replicas && { onReading: replicas.onReading, onCooldown: replicas.onCooldown }),
  });
  const calibration = createCalibration();
  const learning = { market, ledger, rng, calibration, tally: store, at: clock.now() };
  const learner = await openLearner({ ...learning, others: replicas?.others });
  const metrics = openMetrics(config, { market, memory, policies, degraded });
  const keyring = createKeyring(config.keys);
  replicas?.listen({ market, learner, keyring });
  const secret = await openSecret(config);
  return { policies, store, cluster, replicas, ledger, memory, market, calibration, learner, metrics, keyring, secret };
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
  const { policies, store, replicas, ledger, memory, market, calibration, learner, metrics } = parts;
  const newId = (): string => orderedId(clock);
  const taking = createTaking(calibration);
  const transport = createTransport();
  const background = createBackground(world.say);
  const { dispatch, settleProviders } = openDispatch(config, { ...world, market, store, transport, taking });
  const judge = createJudge({ ledger, learner, calibration, taking });
  const repeats = createRepeats((feedback) => background.run(judge.hear(feedback)));
  const judging = createJudging({
    ...world,
    ...parts,
    recallsCounter: !config.redis,
    dispatch,
    newId,
    hear: judge.hear,
  });
  const probing = startProbing(config, { ...world, ...parts, dispatch, newId });
  const observe = (decision: Decision, outcome: Outcome): void => {
    probing.noticed(decision);
    metrics.decided(decision);
    metrics.settled(outcome, decision);
    memory.settled(outcome);
    teachMarket(market, decision, outcome);
    judge.ended(decision, outcome);
    repeats.ended(decision, outcome);
    replicas?.settled(decision);
  };
  const deciders = { policies, market: market.market, learner, clock };
  const dryRun = createDryRun(deciders);
  const route = createRoute({
    ...deciders,
    dispatch: judging.dispatch,
    store,
    ledger,
    keepsCalls: ledger.keepsCalls ?? false,
    settleProviders,
    observe,
    background: background.run,
  });
  return { transport, background, judge, judging, probing, dryRun, route };
};

const wire = (config: Config, world: AppWorld, parts: Parts) => {
  const { clock } = world;
  const { policies, store, cluster, ledger, memory, market, learner, metrics } = parts;
  const { transport, background, judge, judging, probing, dryRun, route } = wireRequests(config, world, parts);
  const stopping = new AbortController();
  const server = createServer({
    pipeline: { route, dryRun },
    entry: {
      keyring: parts.keyring,
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
      degraded: cluster.degraded,
      metrics,
      version: VERSION,
      log: { level: config.log, ...(world.log ? { stream: world.log } : {}) },
      ...(world.lag ? { lag: world.lag } : {}),
      stop: stopping.signal,
    },
    clock,
    limits: limitsOf(config),
  });
  const refreshing = every(MINUTE_MS, clock, market.refresh.due);

  const drain = createDrain({
    clock,
    closeServer: () => server.close(),
    endAnswers: () => stopping.abort(),
    stopWork: () => {
      const work = [market.refresh.stop(), probing.stop(), judging.stop(), refreshing.stop()];
      policies.close();
      return Promise.all(work);
    },
    settle: async () => {
      await background.idle();
      await Promise.all([memory.close(), parts.replicas?.close()]);
      await Promise.all([ledger.close(), cluster.close(), transport.close()]);
    },
  });
  const { close, hurry } = drain;
  const { recovered } = ledger;
  return { server, route, dryRun, ledger, store, policies, market, learner, probing, recovered, close, hurry };
};

export type App = Awaited<ReturnType<typeof createApp>>;
