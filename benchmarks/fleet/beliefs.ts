// A fleet that learns as one, simulated: the product's beliefs and their sharing on every replica, with words that come late or not at all.
import { setImmediate as turn } from 'node:timers/promises';
import { createSharedBeliefs } from '../../src/app/shared-beliefs.ts';
import type { Lesson } from '../../src/core/ledger.ts';
import type { Rng } from '../../src/core/ports.ts';
import type { Band, Task } from '../../src/core/profile.ts';
import { type Beliefs, createBeliefs } from '../../src/learn/beliefs.ts';
import { seededRng } from '../../src/world.ts';
import { createFakeClock } from '../../test/support/clock.ts';

export type FleetTerms = {
  readonly replicas: number;
  readonly requests: number;
  readonly seed: number;
  /** Mean of what a word takes to the others; each takes up to twice as long. */
  readonly lagMs: number;
  /** Share of words that never come, per hearer; the hearer notices a gap and looks into the ledger, as the product does. */
  readonly loss: number;
  /** false: everybody learns alone. */
  readonly sharing: boolean;
};

export type FleetOutcome = {
  /** Of value lost by not choosing what is best in truth, dollars per request, over all and over the last quarter. */
  readonly regret: number;
  readonly lateRegret: number;
  readonly words: number;
  readonly lost: number;
  /** Replicas whose beliefs are, in the end, those of one node that was taught everything. */
  readonly equal: number;
};

const HALF_LIFE_MS = 14 * 86_400_000;
/** Between two requests of the whole fleet. */
const GAP_MS = 10;
/** What an answer of full quality is worth, and what these models cost a request. */
const WORTH = 0.01;
const KINDS: readonly { readonly task: Task; readonly band: Band; readonly difficulty: number }[] = [
  { task: 'chat', band: 'easy', difficulty: 0.2 },
  { task: 'code', band: 'medium', difficulty: 0.5 },
  { task: 'math', band: 'hard', difficulty: 0.8 },
];
const MODELS = [
  { name: 'a/small', cost: 0.0004, truth: [0.93, 0.6, 0.3] },
  { name: 'b/middle', cost: 0.0015, truth: [0.94, 0.85, 0.5] },
  { name: 'c/odd', cost: 0.001, truth: [0.6, 0.9, 0.45] },
  { name: 'd/large', cost: 0.004, truth: [0.95, 0.93, 0.9] },
  { name: 'e/vain', cost: 0.005, truth: [0.9, 0.85, 0.6] },
] as const;

const valueOf = (model: (typeof MODELS)[number], kind: number): number => WORTH * (model.truth[kind] ?? 0) - model.cost;

/** Box and Muller. */
const normal = (rng: Rng): number => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());

const believers = (): Beliefs =>
  createBeliefs({ priorOf: () => ({ easy: 0.8, hard: 0.5, weight: 3, outputTokens: 300 }) });

const choose = (beliefs: Beliefs, kind: number, { at, rng }: { at: number; rng: Rng }) => {
  const { task, band, difficulty } = KINDS[kind] ?? { task: 'chat', band: 'easy', difficulty: 0 };
  const drawn = MODELS.map((model) => {
    const { mean, sd } = beliefs.quality({ model: model.name, task, band, difficulty, at, halfLifeMs: HALF_LIFE_MS });
    return { model, utility: WORTH * (mean + sd * normal(rng)) - model.cost };
  });
  return drawn.reduce((best, one) => (one.utility > best.utility ? one : best)).model;
};

type Replica = { readonly beliefs: Beliefs; readonly shared: ReturnType<typeof createSharedBeliefs> };
type Word = { readonly to: number; readonly body: unknown };

/** Same arrivals, kinds and luck of the answers for every fleet of one seed. */
export const simulateBeliefs = async (terms: FleetTerms): Promise<FleetOutcome> => {
  const [arrivals, luck, road] = [1, 2, 3].map((stream) => seededRng(terms.seed * 10 + stream)) as [Rng, Rng, Rng];
  const clock = createFakeClock();
  const ledger: Lesson[] = [];
  const onTheWay = new Map<number, Word[]>();
  let [words, lost, regret, lateRegret] = [0, 0, 0, 0];

  const send = (from: number, body: unknown, missed: (to: number) => void): void => {
    if (!terms.sharing) return;
    for (let to = 0; to < terms.replicas; to++) {
      if (to === from) continue;
      words += 1;
      if (road.next() < terms.loss) {
        lost += 1;
        missed(to);
        continue;
      }
      const tick = Math.ceil((clock.elapsed() + 2 * terms.lagMs * road.next()) / GAP_MS);
      onTheWay.set(tick, [...(onTheWay.get(tick) ?? []), { to, body }]);
    }
  };
  const replicas: Replica[] = Array.from({ length: terms.replicas }, (_, own) => {
    const beliefs = believers();
    const { learn, unlearn } = beliefs;
    const since = async function* (at: number) {
      yield ledger.filter((lesson) => lesson.at >= at);
    };
    const tell = (body: unknown): void => send(own, body, (to) => replicas[to]?.shared.missed());
    return { beliefs, shared: createSharedBeliefs({ clock, learn, unlearn, tell, since, say: () => undefined }) };
  });
  const deliver = (tick: number): void => {
    for (const { to, body } of onTheWay.get(tick) ?? []) replicas[to]?.shared.hear(body);
    onTheWay.delete(tick);
  };

  for (let number = 0; number < terms.requests; number++) {
    clock.advance(GAP_MS);
    if (number % 50 === 0) await turn();
    deliver(Math.round(clock.elapsed() / GAP_MS));
    const own = replicas[Math.floor(arrivals.next() * terms.replicas)];
    const kind = Math.floor(arrivals.next() * KINDS.length);
    if (!own) continue;
    const model = choose(own.beliefs, kind, { at: clock.now(), rng: luck });
    const short = Math.max(...MODELS.map((each) => valueOf(each, kind))) - valueOf(model, kind);
    regret += short;
    if (number >= 0.75 * terms.requests) lateRegret += short;
    const { task, band } = KINDS[kind] ?? { task: 'chat', band: 'easy' };
    const lesson: Lesson = {
      requestId: `r${number}`,
      at: clock.now(),
      model: model.name,
      offer: `x:${model.name}`,
      task,
      band,
      halfLifeMs: HALF_LIFE_MS,
      outputTokens: 300,
      reward: luck.next() < (model.truth[kind] ?? 0) ? 1 : 0,
    };
    ledger.push(lesson);
    own.shared.teach({ lesson, turn: 1 });
  }
  // What is on its way arrives, and what was missed is looked up.
  for (const tick of [...onTheWay.keys()].sort((a, b) => a - b)) deliver(tick);
  for (let rest = 0; rest < 3; rest++) {
    clock.advance(3_000);
    await turn();
    await turn();
  }
  const alone = believers();
  for (const lesson of ledger) alone.learn(lesson);
  const all = alone.digest();
  const equal = replicas.filter(({ beliefs }) => beliefs.digest() === all).length;
  await Promise.all(replicas.map(({ shared }) => shared.close()));
  return { regret: regret / terms.requests, lateRegret: (4 * lateRegret) / terms.requests, words, lost, equal };
};
