// From a seed to a scenario. Each kind of thing is drawn from a stream of its own, in order of time: fewer requests or troubles leave the rest as it was.
import type { Rng } from '../../src/core/ports.ts';
import { nanoFromUsd } from '../../src/core/money.ts';
import { seededRng } from '../../src/world.ts';
import {
  type FeedSlip,
  type PlayOptions,
  type PriceMove,
  type Regime,
  type RequestPlan,
  type Scenario,
  type SellerPlan,
  type Stretch,
  type Trouble,
  TROUBLES,
} from './kinds.ts';
import { OFFERS, POLICIES, PROMPT_COUNT, SELLERS } from './offers.ts';

/** Requests come a second apart on average, some in bursts. */
const GAP_MS = 1_000;
const REGIME_MS = 60_000;
/** The world goes on so long after the last request. */
const TAIL_MS = 60_000;
const SPREAD = 0x9e3779b1;

const streamOf = (seed: number, stream: string): Rng => {
  let hash = Math.imul(seed + 1, SPREAD);
  for (let at = 0; at < stream.length; at++) hash = Math.imul(hash ^ stream.charCodeAt(at), 0x01000193);
  const rng = seededRng(hash ^ (hash >>> 15));
  // The first numbers of near seeds are near one another.
  for (let skipped = 0; skipped < 4; skipped++) rng.next();
  return rng;
};

export const pick = <Item>(rng: Rng, items: readonly Item[]): Item => {
  const item = items[Math.floor(rng.next() * items.length)];
  if (item === undefined) throw new RangeError('there is nothing to pick from');
  return item;
};

const REGIMES = ['slow', 'limited', 'errors', 'hanging', 'cut', 'garbled', 'refusing', 'picky', 'locked'] as const;

const sellerOf = (name: string, { seed, troubles, untilMs }: Frame): SellerPlan => {
  const rng = streamOf(seed, name);
  const billing = {
    onCancel: rng.next() < 0.5 ? 'stops' : 'continues',
    onError: rng.next() < 0.5 ? 'nothing' : 'prompt',
  } as const;
  const isTight = rng.next() < 0.2;
  const regimes: (Stretch & { regime: Regime })[] = [];
  for (let fromMs = 0; fromMs < untilMs; ) {
    const toMs = fromMs + REGIME_MS * (0.3 + 1.4 * rng.next());
    const drawn = pick(rng, REGIMES);
    const isBad = rng.next() < 0.45 && troubles.has(drawn);
    regimes.push({ fromMs, toMs, regime: isBad ? drawn : 'fine' });
    fromMs = toMs;
  }
  const spend = isTight && troubles.has('budgets') ? { spend: nanoFromUsd(0.05) } : {};
  return { name, billing, regimes, ...spend };
};

type Frame = { readonly seed: number; readonly troubles: ReadonlySet<Trouble>; readonly untilMs: number };

const requestsOf = (count: number, { seed, troubles }: Frame): RequestPlan[] => {
  const rng = streamOf(seed, 'requests');
  const names = POLICIES.map(({ name }) => name);
  // A seed keeps to a few policies, so that each has some history.
  const used = [pick(rng, names), pick(rng, names), 'auto', pick(rng, names)];
  const bursts = rng.next() < 0.3;
  const plans: RequestPlan[] = [];
  let atMs = 0;
  for (let n = 0; n < count; n++) {
    const gap = -Math.log(1 - rng.next()) * GAP_MS;
    atMs += bursts && n % 50 > 5 ? gap / 5 : gap;
    // Always the same number of draws, whatever is made of them.
    const [leave, leaveMs, hurry, hurryMs, cap, pause, judge, score] = Array.from({ length: 8 }, () => rng.next());
    plans.push({
      n,
      atMs,
      policy: pick(rng, used),
      prompt: Math.floor(rng.next() * PROMPT_COUNT),
      stream: rng.next() < 0.5,
      tools: rng.next() < 0.1,
      explore: rng.next() < 0.9 ? 'allowed' : 'never',
      capped: rng.next() < 0.3 && troubles.has('budgets'),
      pauseMs: (pause ?? 1) < 0.05 ? 2_000 : 0,
      ...((cap ?? 1) < 0.3 ? { maxOutputTokens: 200 } : {}),
      ...(troubles.has('leaving') && (leave ?? 1) < 0.15 ? { goneMs: (leaveMs ?? 0) ** 2 * 6_000 } : {}),
      ...(troubles.has('deadlines') && (hurry ?? 1) < 0.2 ? { deadlineMs: 500 + (hurryMs ?? 0) * 12_000 } : {}),
      ...((judge ?? 1) < 0.1 ? { score: score ?? 0 } : {}),
    });
  }
  return plans;
};

const stretches = (rng: Rng, untilMs: number, { everyMs, forMs }: { everyMs: number; forMs: number }): Stretch[] => {
  const found: Stretch[] = [];
  for (let atMs = everyMs * rng.next(); atMs < untilMs; atMs += everyMs * (0.5 + rng.next())) {
    const toMs = atMs + forMs * (0.2 + rng.next());
    found.push({ fromMs: atMs, toMs });
  }
  return found;
};

const STEPS_MS = [-3_600_000, -600_000, -5_000, 5_000, 600_000, 3_600_000] as const;
const SLIPS = [{ times: 1000 }, { times: 1e6 }, { times: 0 }, { times: 0.001 }, 'unknown', 'silent', 'failed'] as const;

/** Of one feed only: what both say at once is believed, and rightly. */
const slipsOf = (rng: Rng): FeedSlip[] => {
  const feed = Math.floor(rng.next() * 2);
  return Array.from({ length: 8 }, () => ({
    feed,
    // The first reading is as it should be: of what nobody has ever known nothing can be said.
    reading: 1 + Math.floor(rng.next() * 8),
    offer: rng.next() < 0.3 ? 'all' : pick(rng, OFFERS).key,
    slip: pick(rng, SLIPS),
  }));
};

const movesOf = (rng: Rng, untilMs: number): PriceMove[] =>
  Array.from({ length: 6 }, () => ({
    atMs: rng.next() * untilMs,
    offer: pick(rng, OFFERS).key,
    times: 0.7 + 0.8 * rng.next(),
  }));

const troublesOf = ({ seed, without = [] }: PlayOptions): ReadonlySet<Trouble> => {
  const rng = streamOf(seed, 'troubles');
  return new Set(TROUBLES.filter((trouble) => rng.next() < 0.5 && !without.includes(trouble)));
};

export const scenarioOf = (options: PlayOptions): Scenario => {
  const { seed, requests: count } = options;
  const troubles = troublesOf(options);
  const requests = requestsOf(count, { seed, troubles, untilMs: 0 });
  const untilMs = (requests.at(-1)?.atMs ?? 0) + TAIL_MS;
  const when = <Value>(trouble: Trouble, make: (rng: Rng) => readonly Value[]): readonly Value[] =>
    troubles.has(trouble) ? make(streamOf(seed, trouble)) : [];
  return {
    seed,
    troubles,
    sellers: SELLERS.map((name) => sellerOf(name, { seed, troubles, untilMs })),
    requests,
    slips: when('feeds', slipsOf),
    moves: when('prices', (rng) => movesOf(rng, 600_000)),
    unpriced: when('unpriced', (rng) => [pick(rng, OFFERS).key]),
    steps: when('steps', (rng) =>
      stretches(rng, untilMs, { everyMs: 120_000, forMs: 0 }).map(({ fromMs }) => ({
        atMs: fromMs,
        byMs: pick(rng, STEPS_MS),
      })),
    ),
    storeAway: when('store', (rng) => stretches(rng, untilMs, { everyMs: 120_000, forMs: 8_000 })),
    ledgerAway: when('ledger', (rng) => stretches(rng, untilMs, { everyMs: 200_000, forMs: 10_000 })),
    keepsCalls: streamOf(seed, 'keeps').next() < 0.5,
  };
};
