// How well the latency estimator does beside simpler ones, on simulated hosts whose true median is known. Seeded; nobody is called.
import { pathToFileURL } from 'node:url';
import { median, quantile } from 'simple-statistics';
import { modelKey, offerKey } from '../src/core/offer.ts';
import { createLatency } from '../src/market/latency.ts';
import { seededRng } from '../src/world.ts';

type Host = {
  readonly name: string;
  /** Seconds between requests, on average. */
  readonly everySeconds: number;
  readonly hours: number;
  /** True median in ms, `share` of the way through. */
  readonly medianAt: (share: number) => number;
  /** Share of calls that take ten times as long. */
  readonly stalls: number;
};

const HOSTS: readonly Host[] = [
  { name: 'steady', everySeconds: 10, hours: 2, medianAt: () => 400, stalls: 0 },
  { name: 'stalls', everySeconds: 10, hours: 2, medianAt: () => 400, stalls: 0.05 },
  { name: 'step', everySeconds: 10, hours: 2, medianAt: (share) => (share < 0.5 ? 300 : 1_500), stalls: 0 },
  {
    name: 'waves',
    everySeconds: 10,
    hours: 6,
    medianAt: (share) => 500 * Math.exp(Math.sin(share * 18)),
    stalls: 0.01,
  },
  {
    name: 'sparse',
    everySeconds: 240,
    hours: 24,
    medianAt: (share) => 500 * Math.exp(Math.sin(share * 18)),
    stalls: 0.01,
  },
];

/** Spread of single calls around the median, as a standard deviation of the logarithm. */
const SD = 0.5;
const WINDOW = 20;
const SEEDS = 20;
const offer = offerKey('host', modelKey('some/model'));
const question = { offer, inputTokens: 500, stream: true };

type Guess = { readonly p50: number; readonly p95: number };
type Estimator = { readonly guess: () => Guess; readonly see: (ms: number) => void };

const windowed = (guessOf: (window: readonly number[]) => Guess): Estimator => {
  let window: readonly number[] = [];
  return {
    guess: () => guessOf(window),
    see: (ms) => {
      window = [...window, ms].slice(-WINDOW);
    },
  };
};

const ASSUMED: Guess = { p50: 700, p95: 2_500 };

const estimators = (now: () => number): Readonly<Record<string, Estimator>> => {
  const clock = { now, elapsed: now, sleep: () => Promise.resolve() };
  const latency = createLatency({ clock });
  let ewma = ASSUMED.p50;
  return {
    last: windowed((window) => ({ p50: window.at(-1) ?? ASSUMED.p50, p95: Number.NaN })),
    ewma: {
      guess: () => ({ p50: ewma, p95: Number.NaN }),
      see: (ms) => {
        ewma = 0.8 * ewma + 0.2 * ms;
      },
    },
    [`last ${WINDOW}`]: windowed((window) =>
      window.length < 3 ? ASSUMED : { p50: median([...window]), p95: quantile([...window], 0.95) },
    ),
    bourse: {
      guess: () => {
        const { firstTokenMs, firstTokenMsP95 } = latency.estimate(question);
        return { p50: firstTokenMs, p95: firstTokenMsP95 };
      },
      see: (ms) => latency.observe({ ...question, firstTokenMs: ms, totalMs: ms + 1_000, outputTokens: 60 }),
    },
  };
};

export type Score = {
  readonly host: string;
  readonly estimator: string;
  /** Mean distance of the logarithms of the estimated and the true median. */
  readonly error: number;
  /** Share of calls that took longer than the estimated p95; 0.05 is right. */
  readonly above: number;
};

const simulate = (host: Host, seed: number): readonly Score[] => {
  const rng = seededRng(seed);
  const lengthMs = host.hours * 3_600_000;
  let at = 0;
  const all = Object.entries(estimators(() => at)).map(([name, estimator]) => ({
    name,
    estimator,
    error: 0,
    above: 0,
  }));
  let calls = 0;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
  while (at < lengthMs) {
    at += -Math.log(1 - rng.next()) * host.everySeconds * 1_000;
    const truth = host.medianAt(at / lengthMs);
    const ms = truth * Math.exp(SD * normal()) * (rng.next() < host.stalls ? 10 : 1);
    calls += 1;
    for (const one of all) {
      const { p50, p95 } = one.estimator.guess();
      one.error += Math.abs(Math.log(p50 / truth));
      one.above += Number.isNaN(p95) ? Number.NaN : Number(ms > p95);
      one.estimator.see(ms);
    }
  }
  return all.map(({ name, error, above }) => ({
    host: host.name,
    estimator: name,
    error: error / calls,
    above: above / calls,
  }));
};

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** Means over the seeds, host by host. */
export const scores = (seeds = SEEDS): readonly Score[] =>
  HOSTS.flatMap((host) => {
    const runs = Array.from({ length: seeds }, (_, seed) => simulate(host, seed + 1)).flat();
    return [...Map.groupBy(runs, ({ estimator }) => estimator)].map(([estimator, all]) => ({
      host: host.name,
      estimator,
      error: mean(all.map(({ error }) => error)),
      above: mean(all.map(({ above }) => above)),
    }));
  });

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const { host, estimator, error, above } of scores())
    console.log(
      `${host.padEnd(8)} ${estimator.padEnd(8)} error ${error.toFixed(3)}${Number.isNaN(above) ? '' : `   above p95 ${(above * 100).toFixed(1)} %`}`,
    );
