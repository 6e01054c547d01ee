// What a decision costs: classify at 1 and 8 kB and on hostile input, believe, decide over 20 and 200 offers, and find the exchange rate.
// node benchmarks/decide.ts [--save | --out FILE]
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { median, quantile } from 'simple-statistics';
import { messagesOf, requestOf as recordedRequest } from '../src/app/replay/prompt.ts';
import { classify } from '../src/classify/classify.ts';
import type { ChatRequest } from '../src/core/chat.ts';
import type { Decision, Quote } from '../src/core/decision.ts';
import { nanoFromUsd, nanoUsd, priceFromUsdPerMillion } from '../src/core/money.ts';
import { modelKey, type Offer, offerKey } from '../src/core/offer.ts';
import type { Plan } from '../src/core/policy.ts';
import { BANDS, TASKS } from '../src/core/profile.ts';
import { createBeliefs } from '../src/learn/beliefs.ts';
import { decide } from '../src/learn/decide.ts';
import { createPacer } from '../src/learn/pacing.ts';
import { WINDOW } from '../src/learn/window.ts';
import { seededRng } from '../src/world.ts';
import { machine, resultPath, writeResult } from './machine.ts';

const WARM_UP = 1_000;
const ROUNDS = 4_000;
const OFFERS_PER_MODEL = 4;
const NOW = Date.UTC(2026, 10, 24, 12);
const DAY_MS = 86_400_000;
const SEED = 20_261_124;
const PROSE = `The city council met on Monday to discuss why the harbour bridge must close for repairs, what it costs, and how
the traffic of forty thousand cars a day would find another way. function total(lines) { return lines.reduce((a, b) => a + b, 0); }
- Explain the trade-offs of each plan, at most three of them.\n`;

/** µs by the wall clock: on a busy machine p99 is mostly waiting for a turn, so the load is written down beside it. */
type Row = { readonly name: string; readonly p50: number; readonly p99: number };
/** What is measured is consumed, so that nothing is optimised away. */
let consumed = 0;

const measure = (name: string, work: () => number): Row => {
  for (let round = 0; round < WARM_UP; round++) consumed += work();
  const times = Array.from({ length: ROUNDS }, () => {
    const from = performance.now();
    consumed += work();
    return (performance.now() - from) * 1_000;
  });
  return { name, p50: median(times), p99: quantile(times, 0.99) };
};

const requestOf = (text: string): ChatRequest => recordedRequest(messagesOf(text), 0);

const plan: Plan = {
  models: ['*/*'],
  require: { training: 'any', retention: 'any', regions: [], selfHosted: false, providers: [] },
  objective: { kind: 'budget', amount: nanoFromUsd(40), periodMs: DAY_MS },
  priceOfASecond: nanoFromUsd(0.0001),
  explore: { share: 0.02, spend: nanoFromUsd(1), floor: 0.8 },
  fallback: { attempts: 3, onRateLimit: 'next', onRefusal: 'stop', stream: 'fail' },
  limits: { deadlineMs: 60_000 },
  feedback: { halfLifeMs: 14 * DAY_MS, holdout: 0.01 },
};

const quoteOf = (number: number, perModel: number): Quote => {
  const provider = `p${number % 9}`;
  const model = modelKey(`author/model-${Math.floor(number / perModel)}`);
  const key = offerKey(provider, model);
  const offer: Offer = {
    key,
    provider,
    model,
    wireId: model,
    dialect: 'chat',
    expresses: new Set(),
    context: 128_000,
    capabilities: { tools: true, vision: true, json: true, reasoning: false },
    data: { training: 'never', retention: 'none', regions: [], selfHosted: false },
  };
  const usd = 0.0005 * 1.03 ** number;
  return {
    offer,
    sheet: {
      offer: key,
      revision: '1',
      rates: [{ meter: 'input', price: priceFromUsdPerMillion(1) }],
      effectiveFrom: 0,
      observedAt: 0,
      status: 'single',
      confidence: 1,
      sources: [],
      reasons: [],
    },
    inputTokens: 500,
    cachedTokens: 0,
    outputTokens: 300,
    outputTokensP90: 700,
    cost: nanoFromUsd(usd),
    costP90: nanoFromUsd(2 * usd),
    firstTokenMs: 400,
    firstTokenMsP95: 900,
    totalMs: 2_000 + 10 * number,
  };
};

const rng = seededRng(SEED);
const beliefs = createBeliefs({ priorOf: () => ({ easy: 0.9, hard: 0.6, weight: 4, outputTokens: 300 }) });
for (let count = 0; count < 20_000; count++)
  beliefs.learn({
    requestId: `r${count}`,
    at: NOW - Math.floor(rng.next() * 60 * DAY_MS),
    model: `author/model-${Math.floor(rng.next() * 50)}`,
    offer: 'p:author/model',
    task: TASKS[Math.floor(rng.next() * TASKS.length)] ?? 'chat',
    band: BANDS[Math.floor(rng.next() * BANDS.length)] ?? 'easy',
    halfLifeMs: 14 * DAY_MS,
    outputTokens: Math.floor(1_000 * rng.next()),
    reward: rng.next(),
  });

const profile = classify(requestOf(PROSE));
const decideAmong = (offers: number, perModel = OFFERS_PER_MODEL): (() => Decision) => {
  const quotes = Array.from({ length: offers }, (_, number) => quoteOf(number, perModel));
  const { task, band, difficulty } = profile;
  const { halfLifeMs } = plan.feedback;
  return () =>
    decide({
      requestId: 'r',
      at: NOW,
      policy: { name: 'auto', hash: 'h' },
      rule: 0,
      plan,
      profile,
      quotes,
      rejected: [],
      quality: (model) => beliefs.standing({ model, task, band, difficulty, at: NOW, halfLifeMs }),
      exchangeRate: 0.02,
      purse: { small: nanoFromUsd(0.0004), saved: nanoFromUsd(0.001) },
      rng,
      explore: 'allowed',
    });
};

const pacing = (): (() => number) => {
  const pacer = createPacer();
  const decision = decideAmong(20)();
  for (let count = 0; count < WINDOW; count++)
    pacer.observe({ ...decision, at: NOW - DAY_MS + Math.floor((count * DAY_MS) / WINDOW) });
  let at = NOW;
  return () => {
    at += 100;
    pacer.observe({ ...decision, at });
    const rate = pacer.rate('auto', plan, at);
    pacer.settle({ policy: 'auto', plan, cost: nanoUsd(20_000_000), at });
    return rate;
  };
};

const oneK = requestOf(PROSE.repeat(4).slice(0, 1_000));
const eightK = requestOf(PROSE.repeat(40).slice(0, 8_000));
const letters = requestOf('a'.repeat(32_000));
const tags = requestOf('<rules>'.repeat(4_600));
const among20 = decideAmong(20);
const among20Models = decideAmong(20, 1);
const among200 = decideAmong(200);

const rows: readonly Row[] = [
  measure('classify 1 kB', () => classify(oneK).difficulty),
  measure('classify 8 kB', () => classify(eightK).difficulty),
  measure('classify 32 kB of one letter', () => classify(letters).difficulty),
  measure('classify 32 kB of unclosed tags', () => classify(tags).difficulty),
  measure('decide over 20 offers (5 models)', () => among20().probability),
  measure('decide over 20 offers (20 models)', () => among20Models().probability),
  measure('decide over 200 offers (50 models)', () => among200().probability),
  measure('pace: observe, rate, settle', pacing()),
];

const width = Math.max(...rows.map(({ name }) => name.length));
const cell = (text: string): string => text.padStart(9);
console.log(`${'µs'.padEnd(width)} ${cell('p50')} ${cell('p99')}   load ${loadavg()[0]?.toFixed(1)}`);
for (const { name, p50, p99 } of rows)
  console.log(`${name.padEnd(width)} ${cell(p50.toFixed(1))} ${cell(p99.toFixed(1))}`);

const { values } = parseArgs({ options: { save: { type: 'boolean', default: false }, out: { type: 'string' } } });
const result = { what: 'decide', unit: 'µs', rounds: ROUNDS, machine: machine(), rows, consumed } as const;
const path = values.out ?? (values.save ? resultPath('decide', result.machine) : undefined);
if (path !== undefined) writeResult(path, result);
