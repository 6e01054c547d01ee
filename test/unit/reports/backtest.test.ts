// Estimates on simulated logs whose truth is known: how often the intervals hold it, and what is refused.
import { describe, expect, it } from 'vitest';
import { backtestReport } from '../../../src/reports/backtest.ts';
import { estimate, type Trial } from '../../../src/reports/backtest-estimate.ts';
import { seededRng } from '../../../src/world.ts';

const REQUESTS = 2_000;
const MODELS = ['lumen/spark', 'orion/titan', 'tidal/current'];
/** Who is good at what: easy and hard requests, by model; and dollars by model. */
const QUALITY = [
  [0.9, 0.3],
  [0.92, 0.8],
  [0.85, 0.6],
] as const;
const USD = [0.001, 0.02, 0.005] as const;

type Chances = readonly number[];
type World = {
  readonly logged: (hard: boolean) => Chances;
  readonly tested: (hard: boolean) => Chances;
  /** What was believed: not the truth. */
  readonly believed: (model: number, hard: boolean) => number;
  readonly judged: (model: number) => number;
};

const WORLD: World = {
  logged: (hard) => (hard ? [0.5, 0.4, 0.1] : [0.9, 0.05, 0.05]),
  tested: (hard) => (hard ? [0.02, 0.9, 0.08] : [0.6, 0.1, 0.3]),
  believed: (model) => [0.5, 0.95, 0.9][model] ?? 0,
  judged: (model) => [0.3, 0.6, 0.45][model] ?? 0,
};

const trialsOf = ({ logged, tested, believed, judged }: World, seed: number, requests = REQUESTS): Trial[] => {
  const rng = seededRng(seed);
  return Array.from({ length: requests }, () => {
    const hard = rng.next() < 0.4;
    const [was, is] = [logged(hard), tested(hard)];
    let left = rng.next();
    const taken = was.findIndex((chance) => (left -= chance) < 0);
    const isGood = rng.next() < (QUALITY[taken]?.[hard ? 1 : 0] ?? 0);
    // Bills are skewed and dearer than expected.
    const usd = (USD[taken] ?? 0) * (0.4 - 0.9 * Math.log(1 - rng.next()));
    return {
      options: MODELS.map((model, at) => ({
        model,
        logged: was[at] ?? 0,
        tested: is[at] ?? 0,
        quality: believed(at, hard),
        loggedUsd: USD[at] ?? 0,
        testedUsd: USD[at] ?? 0,
      })),
      taken: MODELS[taken] ?? '',
      expectedUsd: USD[taken] ?? 0,
      usd,
      ...(rng.next() < judged(taken) ? { reward: isGood ? 1 : 0 } : {}),
    };
  });
};

const truth = (chances: World['tested'], value: (model: number, hard: boolean) => number): number =>
  [false, true].reduce(
    (sum, hard) => sum + (hard ? 0.4 : 0.6) * chances(hard).reduce((all, p, at) => all + p * value(at, hard), 0),
    0,
  );
const qualityOf = (model: number, hard: boolean): number => QUALITY[model]?.[hard ? 1 : 0] ?? 0;
const usdOf = (model: number): number => 1.3 * (USD[model] ?? 0);

const SUBJECT = { policy: 'new', traffic: 'auto', since: '2026-11-24', leftOut: 0, unservable: 0 };
const verdictOn = (world: World, requests?: number) => backtestReport(SUBJECT, estimate(trialsOf(world, 5, requests)));

describe('a doubly robust estimate', () => {
  const seeds = Array.from({ length: 200 }, (_, at) => at + 1);
  const found = seeds.map((seed) => estimate(trialsOf(WORLD, seed)));
  const covered = (low: number, high: number, value: number): boolean => low <= value && value <= high;
  const share = (of: (one: (typeof found)[number]) => boolean): number => found.filter(of).length / found.length;

  it('has intervals of 95 % that hold the true quality, dollars and their differences in 90 to 99 % of 200 logs', () => {
    const [quality, usd] = [truth(WORLD.tested, qualityOf), truth(WORLD.tested, usdOf)];
    const [qualityGain, usdGain] = [quality - truth(WORLD.logged, qualityOf), usd - truth(WORLD.logged, usdOf)];
    const shares = [
      share(({ quality: q }) => q !== undefined && covered(q.tested.low, q.tested.high, quality)),
      share(({ quality: q }) => q !== undefined && covered(q.difference.low, q.difference.high, qualityGain)),
      share(({ usd: u }) => covered(u.tested.low, u.tested.high, usd)),
      share(({ usd: u }) => covered(u.difference.low, u.difference.high, usdGain)),
    ];
    for (const each of shares) {
      expect(each).toBeGreaterThanOrEqual(0.9);
      expect(each).toBeLessThanOrEqual(0.99);
    }
  });

  it('has weights that average to one', () => {
    const mean = found.reduce((sum, { meanWeight }) => sum + meanWeight.mean, 0) / found.length;
    expect(mean).toBeGreaterThan(0.99);
    expect(mean).toBeLessThan(1.01);
  });

  it('is not led astray by beliefs that are wrong, nor by models whose answers are judged more often', () => {
    const mean = found.reduce((sum, { quality }) => sum + (quality?.tested.mean ?? 0), 0) / found.length;
    expect(mean).toBeCloseTo(truth(WORLD.tested, qualityOf), 2);
  });

  it('finds no difference at all where both policies are one', () => {
    const { quality, usd, meanWeight } = estimate(trialsOf({ ...WORLD, tested: WORLD.logged }, 3));
    expect(quality?.difference.mean).toBeCloseTo(0);
    expect(usd.difference.mean).toBeCloseTo(0);
    expect(meanWeight.mean).toBeCloseTo(1);
    expect(usd.effective).toBeCloseTo(REQUESTS);
  });

  it('doubts choices the log never tried as much as they can be wrong', () => {
    const log = trialsOf({ ...WORLD, tested: WORLD.logged }, 8).map((trial) => ({
      ...trial,
      options: [
        ...trial.options.map((option) => ({ ...option, tested: 0.96 * option.tested })),
        { model: 'meadow/new', logged: 0, tested: 0.04, quality: 0.75, loggedUsd: 0, testedUsd: 0.1 },
      ],
    }));
    const { quality, usd, unsupported } = estimate(log);
    expect(unsupported).toBeCloseTo(0.04, 10);
    // A quarter above what was believed and three quarters below it; a bill of nothing or of twice as much.
    expect(quality && quality.difference.high - quality.difference.mean).toBeGreaterThan(0.04 * 0.25);
    expect(quality && quality.difference.mean - quality.difference.low).toBeGreaterThan(0.04 * 0.75);
    expect(usd.difference.high - usd.difference.mean).toBeGreaterThan(0.004);
  });

  it('takes the bill of another seller of the same model at that seller’s price', () => {
    const halfPrice = trialsOf(WORLD, 4).map((trial) => ({
      ...trial,
      options: trial.options.map((option) => ({ ...option, tested: option.logged, testedUsd: option.loggedUsd / 2 })),
    }));
    const { usd } = estimate(halfPrice);
    expect(usd.tested.mean).toBeCloseTo(usd.logged.mean / 2, 4);
  });
});

describe('the verdict', () => {
  it('is better where quality is certainly higher, worse where it is certainly lower', () => {
    expect(verdictOn(WORLD).verdict).toBe('better');
    expect(
      verdictOn({
        ...WORLD,
        logged: (hard) => (hard ? [0.3, 0.6, 0.1] : [0.6, 0.3, 0.1]),
        tested: (hard) => (hard ? [0.9, 0.05, 0.05] : [0.9, 0.05, 0.05]),
      }).verdict,
    ).toBe('worse');
  });

  it('is worse where dollars are certainly higher for quality that is not', () => {
    const dearer = verdictOn({
      ...WORLD,
      tested: (hard) => (hard ? [0.5, 0.4, 0.1] : [0.5, 0.45, 0.05]),
      judged: () => 0.2,
    });
    expect(dearer.json.usd_per_request.difference.ci95[0]).toBeGreaterThan(0);
    expect(dearer.verdict).toBe('worse');
  });

  it('is refused on a thin log, without feedback, and where the log never tried what would be chosen; and says why', () => {
    const thin = verdictOn(WORLD, 120);
    expect(thin.verdict).toBe('refused');
    expect(thin.text()).toContain('100 are needed');
    const silent = verdictOn({ ...WORLD, judged: () => 0 });
    expect(silent.verdict).toBe('refused');
    expect(silent.json.quality).toBeNull();
    expect(silent.text()).toContain('POST /v1/feedback');
    const untried = verdictOn({ ...WORLD, logged: () => [0.9, 0.1, 0] });
    expect(untried.verdict).toBe('refused');
    expect(untried.text()).toContain('tidal/current');
    expect(untried.json.unsupported_share).toBeGreaterThan(0.05);
  });

  it('is refused where the logged probabilities are not what was drawn by', () => {
    const wrong = trialsOf(WORLD, 6).map((trial) => ({
      ...trial,
      options: trial.options.map((option) => ({ ...option, logged: 1 / 3 })),
    }));
    const report = backtestReport(SUBJECT, estimate(wrong));
    expect(report.verdict).toBe('refused');
    expect(report.text()).toContain('the logged probabilities do not fit');
  });

  it('is refused on an empty log', () => {
    expect(backtestReport(SUBJECT, estimate([])).verdict).toBe('refused');
  });
});
