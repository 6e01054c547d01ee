// What is counted. Labels come only from names the operator wrote and words of ours, so that no caller can mint a series.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Decision } from '../core/decision.ts';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { type NanoUsd, usdOf } from '../core/money.ts';
import type { Outcome } from '../core/outcome.ts';
import { exposeDegraded } from './degraded.ts';
import { exposeInFlight } from './in-flight.ts';
import { NO_PRICE_NUMBERS, type PriceNumbers, registerPriceMetrics } from './price-metrics.ts';

/** Which names exist now; policies and offers come and go while we run. */
export type KnownNames = {
  readonly policy: (name: string) => boolean;
  readonly provider: (name: string) => boolean;
  readonly offer: (key: string) => boolean;
};

export type MetricsDeps = {
  readonly known: KnownNames;
  /** Seconds since each offer that was ever measured was last measured; asked when metrics are read. */
  readonly latencyAges?: () => Iterable<readonly [offer: string, seconds: number]>;
  /** What is counted of prices; asked when metrics are read. */
  readonly prices?: () => PriceNumbers;
  /** What this process has to do without for now; asked when metrics are read. */
  readonly degraded?: () => readonly string[];
  /** Process and event-loop metrics too; off where many registries live in one process. */
  readonly process?: boolean;
};

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300];
const OTHER = 'other';

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

const createInstruments = (registry: Registry) => {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `bourse_${name}`, help, labelNames, registers: [registry] });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram({ name: `bourse_${name}`, help, labelNames, buckets: SECONDS, registers: [registry] });
  return {
    decisions: counter('decisions_total', 'Decisions by policy and reason', ['policy', 'reason']),
    requests: counter('requests_total', 'Settled requests by how they ended', ['policy', 'provider', 'status']),
    errors: counter('errors_total', 'Errors given to callers, by code', ['code']),
    attempts: counter('attempts_total', 'Calls to offers by result', ['provider', 'result']),
    fallbacks: counter('fallbacks_total', 'Requests that another offer than the first choice answered', ['policy']),
    cost: counter('cost_usd_total', 'Dollars spent, by how sure the number is', ['policy', 'provider', 'status']),
    baseline: counter('baseline_usd_total', 'Dollars the baseline would have cost', ['policy']),
    compared: counter('compared_usd_total', 'Dollars spent on requests that have a baseline', ['policy']),
    probes: counter('probes_total', 'Calls of our own to see how offers do, by result', ['provider', 'result']),
    probeCost: counter('probe_usd_total', 'Dollars spent on probes, by how sure the number is', ['provider', 'status']),
    served: counter('answers_total', 'Answers by offer', ['offer']),
    total: histogram('request_duration_seconds', 'From admission to the last byte', ['policy', 'provider']),
    firstToken: histogram('first_token_seconds', 'From admission to the first content', ['policy', 'provider']),
    rate: new Gauge({
      name: 'bourse_exchange_rate_usd',
      help: 'What one unit of quality is worth, in dollars, at the last decision',
      labelNames: ['policy'],
      registers: [registry],
    }),
  };
};

const exposeAges = (
  registry: Registry,
  { latencyAges, known }: Required<Pick<MetricsDeps, 'latencyAges' | 'known'>>,
) => {
  const age = new Gauge({
    name: 'bourse_latency_age_seconds',
    help: 'Since an offer was last measured, by traffic or by a probe',
    labelNames: ['offer'],
    registers: [registry],
    collect: () => {
      age.reset();
      for (const [offer, seconds] of latencyAges()) if (known.offer(offer)) age.set({ offer }, seconds);
    },
  });
};

const labelsOf = (known: KnownNames) => ({
  policyLabel: (name: string): string => (known.policy(name) ? name : OTHER),
  providerLabel: (key: string): string => {
    const name = key.split(':', 1)[0] ?? key;
    return known.provider(name) ? name : OTHER;
  },
  offerLabel: (key: string): string => (known.offer(key) ? key : OTHER),
});

/** Counters are floats in dollars, for graphs; the ledger has the exact amounts. */
const dollars = (amount: NanoUsd): number => usdOf(amount);

export const createMetrics = ({
  known,
  latencyAges = () => [],
  prices = () => NO_PRICE_NUMBERS,
  degraded = () => [],
  process = true,
}: MetricsDeps) => {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  const on = createInstruments(registry);
  const { policyLabel, providerLabel, offerLabel } = labelsOf(known);
  registerPriceMetrics(registry, { read: prices, label: offerLabel });
  exposeAges(registry, { latencyAges, known });
  exposeDegraded(registry, degraded);

  return {
    registry,
    inFlight: exposeInFlight(registry),

    decided: (decision: Decision): void => {
      const policy = policyLabel(decision.policy);
      on.decisions.inc({ policy, reason: decision.reason });
      on.rate.set({ policy }, decision.exchangeRate);
    },

    settled: (outcome: Outcome, decision: Decision): void => {
      const policy = policyLabel(decision.policy);
      const provider = providerLabel(outcome.offer);
      on.requests.inc({ policy, provider, status: outcome.status });
      on.total.observe({ policy, provider }, outcome.totalMs / 1000);
      if (outcome.firstTokenMs !== undefined) on.firstToken.observe({ policy, provider }, outcome.firstTokenMs / 1000);
      for (const attempt of outcome.attempts) {
        const at = providerLabel(attempt.offer);
        on.attempts.inc({ provider: at, result: attempt.result });
        on.cost.inc({ policy, provider: at, status: attempt.costStatus }, dollars(attempt.cost));
      }
      if (outcome.baselineCost !== undefined) {
        on.baseline.inc({ policy }, dollars(outcome.baselineCost));
        on.compared.inc({ policy }, dollars(outcome.cost));
      }
      if (outcome.status !== 'ok') return;
      on.served.inc({ offer: offerLabel(outcome.offer) });
      if (outcome.offer !== decision.ladder[0]?.quote.offer.key) on.fallbacks.inc({ policy });
    },

    /** A call of our own: money, but nobody's request. */
    probed: (outcome: Outcome): void => {
      for (const { offer, result, cost, costStatus } of outcome.attempts) {
        const provider = providerLabel(offer);
        on.probes.inc({ provider, result });
        on.probeCost.inc({ provider, status: costStatus }, dollars(cost));
      }
    },

    /** An error that reached a caller. */
    refused: (code: string): void => {
      on.errors.inc({ code: isErrorCode(code) ? code : OTHER });
    },
  };
};

export type Metrics = ReturnType<typeof createMetrics>;
