// Builds every part and wires it; the only place that constructs things. Read top to bottom it is the wiring diagram.
import { randomUUID } from 'node:crypto';
import { schedule } from 'node-cron';
import { createTransport } from './adapters/transport.ts';
import { boardOf } from './app/board.ts';
import { recallCaps } from './app/caps.ts';
import { createJudge } from './app/judge.ts';
import { openLearner, recallSpend, teachMarket } from './app/learning.ts';
import { openMarket, type OpenMarket } from './app/market.ts';
import { providersOf } from './app/sellers.ts';
import { openLedger, openSecret, openStore } from './app/state.ts';
import { createAddressList } from './auth/addresses.ts';
import { createFeedbackTokens } from './auth/feedback-token.ts';
import { createKeyring } from './auth/keys.ts';
import type { Config } from './config.ts';
import type { Decision } from './core/decision.ts';
import type { Outcome } from './core/outcome.ts';
import type { Clock, Rng, Timeouts } from './core/ports.ts';
import { createDispatch } from './dispatch/dispatch.ts';
import { createMetrics } from './http/metrics.ts';
import { createServer } from './http/server.ts';
import type { LivePolicies } from './policy/watch.ts';
import { createPolicies } from './policy/watch.ts';
import { formatProblem } from './policy/yaml-file.ts';
import { createDryRun, createRoute } from './route.ts';

const TIMEOUTS: Timeouts = { connectMs: 3_000, headersMs: 60_000, firstTokenMs: 60_000, idleMs: 30_000 };
const VERSION = '0.1.0';
const EVERY_MINUTE = '* * * * *';

/** Begins with the time: what is written together lies together in the ledger's indexes, which halves what it writes. */
const orderedId = (clock: Clock): string => `${clock.now().toString(16).padStart(12, '0')}-${randomUUID()}`;

export type AppWorld = {
  readonly clock: Clock;
  readonly rng: Rng;
  /** A line for the operator: price changes, feed faults, policy problems. Never a prompt, never a key. */
  readonly say: (line: string) => void;
  /** Where log lines go; absent: standard output. */
  readonly log?: { write(line: string): void };
};

const openPolicies = ({ policies }: Config, say: (line: string) => void): Promise<LivePolicies> =>
  createPolicies({
    directory: policies,
    onChange: (all) => say(`policies reloaded: ${all.map(({ name }) => name).join(', ')}`),
    onProblems: (problems) => problems.forEach((problem) => say(formatProblem(problem))),
  });

const openMetrics = (config: Config, { offers }: OpenMarket, policies: LivePolicies) => {
  const providers = new Set(config.providers.map(({ name }) => name));
  const keys = new Set<string>(offers.map(({ key }) => key));
  const policy = (name: string): boolean => policies.get(name) !== undefined;
  return createMetrics({ known: { policy, provider: (name) => providers.has(name), offer: (key) => keys.has(key) } });
};

/** Work that outlives its answer, kept in sight so that an orderly stop can wait for it. */
const createBackground = (say: (line: string) => void) => {
  const underWay = new Set<Promise<unknown>>();
  const run = (work: Promise<unknown>): void => {
    const tracked = work.catch((fault: unknown) => say(`after an answer: ${String(fault)}`));
    underWay.add(tracked);
    void tracked.finally(() => underWay.delete(tracked));
  };
  return { run, idle: () => Promise.all(underWay) };
};

/** @throws Error that says what to mend: a bad policy, an unknown feed, a ledger held by another process */
const openParts = async (config: Config, { clock, rng, say }: AppWorld, toClose: AsyncDisposableStack) => {
  const policies = await openPolicies(config, say);
  toClose.defer(() => policies.close());
  const store = await openStore(config, clock);
  toClose.defer(() => store.close());
  const ledger = await openLedger(config);
  toClose.defer(() => ledger.close());
  const market = await openMarket(config, {
    clock,
    rng,
    store,
    process: randomUUID(),
    onPriceChange: ({ offer, verdict, reason }) => say(`price of ${offer} ${verdict}: ${reason}`),
    onFeedFault: (feed, why) => say(`feed ${feed}: ${why}`),
  });
  const learner = await openLearner({ market, ledger, rng });
  const spent = { policies: policies.list(), ledger, at: clock.now() };
  await recallSpend({ ...spent, learner });
  if (!config.redis) await recallCaps({ ...spent, store });
  const metrics = openMetrics(config, market, policies);
  return { policies, store, ledger, market, learner, metrics, secret: await openSecret(config) };
};

/** What does not open closes what has opened: a process that refuses to start must also end. */
export const createApp = async (config: Config, world: AppWorld) => {
  await using toClose = new AsyncDisposableStack();
  const app = wire(config, world, await openParts(config, world, toClose));
  toClose.move();
  return app;
};

const wire = (config: Config, world: AppWorld, parts: Awaited<ReturnType<typeof openParts>>) => {
  const { clock } = world;
  const { policies, store, ledger, market, learner, metrics } = parts;
  const transport = createTransport();
  const providers = providersOf(config, transport, clock);
  const dispatch = createDispatch({ providers, clock, health: market.health, timeouts: TIMEOUTS });
  const background = createBackground(world.say);
  const judge = createJudge({ ledger, learner });
  const observe = (decision: Decision, outcome: Outcome): void => {
    metrics.decided(decision);
    metrics.settled(outcome, decision);
    teachMarket(market, decision, outcome);
    judge.ended(decision, outcome);
  };
  const deciders = { policies, market: market.market, learner, clock };
  const dryRun = createDryRun(deciders);
  const route = createRoute({ ...deciders, dispatch, store, ledger, observe, background: background.run });

  const stopping = new AbortController();
  const reasons = market.offers.length > 0 ? [] : ['nothing is on offer'];
  const server = createServer({
    pipeline: { route, dryRun },
    entry: {
      keyring: createKeyring(config.keys),
      addresses: createAddressList(config.allow),
      requestId: () => orderedId(clock),
    },
    market: boardOf(market, clock),
    policies: () => policies.list(),
    records: { ledger, feedback: judge.hear, tokens: createFeedbackTokens(parts.secret) },
    operations: {
      ready: () => ({ ready: reasons.length === 0, reasons }),
      metrics,
      version: VERSION,
      log: { level: config.log, ...(world.log ? { stream: world.log } : {}) },
      stop: stopping.signal,
    },
    clock,
  });
  const minutely = schedule(EVERY_MINUTE, () => void market.refresh.due(), { noOverlap: true });

  /** Stops taking requests, gives those under way `graceMs` to end, ends the rest, settles all of them, then closes. */
  const close = async ({ graceMs = 0 }: { readonly graceMs?: number } = {}): Promise<void> => {
    market.refresh.stop();
    policies.close();
    const answered = new AbortController();
    const closed = server.close().then(() => answered.abort());
    await clock.sleep(graceMs, answered.signal);
    stopping.abort();
    await Promise.all([minutely.destroy(), closed]);
    await background.idle();
    await Promise.all([ledger.close(), store.close(), transport.close()]);
  };
  return { server, route, dryRun, ledger, policies, market, learner, recovered: ledger.recovered, close };
};

export type App = Awaited<ReturnType<typeof createApp>>;
