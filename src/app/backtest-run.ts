// A backtest from the configuration to the report: the ledger's requests of one policy, oldest first, decided again under another.
import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Policy } from '../core/policy.ts';
import type { Clock, Rng } from '../core/ports.ts';
import { createBeliefs } from '../learn/beliefs.ts';
import type { OpenedLedger } from '../ledger/recover.ts';
import type { TrafficMark } from '../ledger/traffic.ts';
import { backtestReport } from '../reports/backtest.ts';
import { estimate, type Trial } from '../reports/backtest-estimate.ts';
import { createMemoryStore } from '../store/memory.ts';
import { type BacktestDeps, createBacktest } from './backtest.ts';
import { openMarket } from './market.ts';
import { openPriceMemory } from './price-memory.ts';
import { importedOnly } from './prior-file.ts';

/** Requests decided again in one run: each stays in memory as a few numbers per model. */
const MOST_REQUESTS = 200_000;

export type BacktestQuestion = {
  readonly policy: Policy;
  /** The policy whose traffic it is tried on; absent: the one of the same name, or the only one there is. */
  readonly on?: string;
  /** Epoch ms, half-open. */
  readonly from: number;
  readonly to: number;
};

export type BacktestWorld = {
  readonly ledger: OpenedLedger;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly say: (line: string) => void;
};

/** Probes are nobody's traffic; their policy has a name no file can have. */
const isFilePolicy = (name: string): boolean => !name.startsWith('(');

/** @throws Error that names the policies there is traffic of */
const trafficFor = async ({ policy, on, from, to }: BacktestQuestion, { ledger }: BacktestWorld): Promise<string> => {
  const wanted = on ?? policy.name;
  const names = (await ledger.spend({ from, to }, 'policy')).map(({ key }) => key).filter(isFilePolicy);
  if (names.includes(wanted)) return wanted;
  const [only, ...others] = names;
  if (on === undefined && only !== undefined && others.length === 0) return only;
  const there =
    names.length > 0 ? `there is traffic of ${names.join(', ')}; choose one with --on` : 'there is none at all';
  throw new Error(`no request of policy "${wanted}" stands in the ledger since then: ${there}`);
};

/** Today's market, with the prices of back then; closed again by `stop`. */
const openKnowledge = async (config: Config, { ledger, clock, rng, say }: BacktestWorld) => {
  const quiet = (): undefined => undefined;
  const memory = await openPriceMemory({ history: ledger.prices, clock, say: quiet });
  const market = await openMarket(config, {
    clock,
    rng,
    store: createMemoryStore({ clock }),
    process: randomUUID(),
    memory,
    onPriceChange: quiet,
    onFeedFault: (feed, why) => say(`feed ${feed}: ${why}`),
  });
  const beliefs = createBeliefs({ priorOf: market.priorOf });
  for await (const lessons of ledger.lessons()) for (const lesson of lessons) beliefs.learn(lesson);
  beliefs.merge(importedOnly(market.imported, beliefs.state));
  const deps: Omit<BacktestDeps, 'policy'> = {
    offersFor: market.market.offersFor,
    sheetOf: market.sheetOf,
    latencyOf: (offer, { inputTokens, stream }) => market.latency.estimate({ offer, inputTokens, stream }),
    beliefs,
    rng,
  };
  return { deps, stop: () => Promise.all([market.refresh.stop(), memory.close()]) };
};

type Replayed = { readonly trials: readonly Trial[]; readonly leftOut: number; readonly nobody: number };

const decideAgain = async (
  question: BacktestQuestion & { readonly traffic: string },
  { world, deps }: { readonly world: BacktestWorld; readonly deps: Omit<BacktestDeps, 'policy'> },
): Promise<Replayed> => {
  const { policy, from, to, traffic } = question;
  const again = createBacktest({ ...deps, policy });
  const trials: Trial[] = [];
  let leftOut = 0;
  let nobody = 0;
  let after: TrafficMark | undefined;
  do {
    const page = await world.ledger.records({ range: { from, to }, after });
    for (const why of page.unreadable) world.say(`left out: ${why}`);
    for (const view of page.requests) {
      if (view.decision.policy !== traffic) continue;
      const trial = again(view);
      if (trial === undefined) leftOut += 1;
      else if (trial === 'nobody') nobody += 1;
      else trials.push(trial);
    }
    if (trials.length > MOST_REQUESTS)
      throw new Error(`more than ${MOST_REQUESTS} requests in this period: shorten it with --since`);
    after = page.next;
  } while (after);
  return { trials, leftOut, nobody };
};

/** @throws Error that says what to mend */
export const runBacktest = async (config: Config, question: BacktestQuestion, world: BacktestWorld) => {
  const traffic = await trafficFor(question, world);
  const { deps, stop } = await openKnowledge(config, world);
  try {
    const { trials, leftOut, nobody } = await decideAgain({ ...question, traffic }, { world, deps });
    const all = trials.length + nobody;
    const subject = {
      policy: question.policy.name,
      traffic,
      since: new Date(question.from).toISOString(),
      leftOut,
      unservable: all === 0 ? 0 : nobody / all,
    };
    return backtestReport(subject, estimate(trials));
  } finally {
    await stop();
  }
};
