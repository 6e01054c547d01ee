// Whatever is on offer, whatever a policy demands and whoever fails: nobody is called whom the policy forbids, or whose price is unknown.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Ask } from '../../src/core/ask.ts';
import type { Frame } from '../../src/core/chat.ts';
import { isPriced } from '../../src/core/cost.ts';
import type { Decision } from '../../src/core/decision.ts';
import { RouterError } from '../../src/core/errors.ts';
import type { LedgerRecord } from '../../src/core/ledger.ts';
import type { DataTerms, Offer } from '../../src/core/offer.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import type { Policy, Requirements } from '../../src/core/policy.ts';
import type { Ledger } from '../../src/core/ports.ts';
import type { PriceSheet } from '../../src/core/price.ts';
import { createDispatch } from '../../src/dispatch/dispatch.ts';
import { createBeliefs } from '../../src/learn/beliefs.ts';
import { createExplorationSpend } from '../../src/learn/exploration.ts';
import { createLearner } from '../../src/learn/learner.ts';
import { createPacer } from '../../src/learn/pacing.ts';
import { createConversations } from '../../src/market/conversations.ts';
import { createHealth } from '../../src/market/health.ts';
import { createLatency } from '../../src/market/latency.ts';
import { createMarket } from '../../src/market/market.ts';
import { matchesModel, placeOfModel } from '../../src/policy/globs.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { createRoute } from '../../src/route.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createFakeClock } from '../support/clock.ts';
import { failureFrame, finishFrame, scriptedProvider, textFrame, usageFrame } from '../support/provider.ts';
import { seededRng } from '../support/rng.ts';
import { sampleOffer, samplePatience, sampleRequest, sampleSheet } from '../support/sample.ts';

const PROVIDERS = ['lumen', 'orion', 'harbor', 'quarry'] as const;
const MODELS = ['lumen/spark', 'tidal/current', 'quarry/granite'] as const;
const REGIONS = ['eu', 'us', 'cn'] as const;

const terms: fc.Arbitrary<DataTerms> = fc.record({
  training: fc.constantFrom('never', 'never', 'may', 'unknown'),
  retention: fc.constantFrom('none', 'none', 'limited', 'unknown'),
  regions: fc.constantFrom(['eu'], ['eu'], ['us'], ['eu', 'us'], ['cn'], []),
  selfHosted: fc.boolean(),
});

type Priced = 'priced' | 'absent' | 'unknown output' | 'unknown input';
type Stall = { readonly offer: Offer; readonly sheet: PriceSheet | undefined };

const stall = (provider: string, model: string): fc.Arbitrary<Stall> =>
  fc
    .record({
      data: terms,
      tools: fc.boolean(),
      context: fc.constantFrom(2_000, 128_000),
      input: fc.integer({ min: 1, max: 40 }),
      output: fc.integer({ min: 1, max: 80 }),
      priced: fc.constantFrom<Priced>('priced', 'priced', 'priced', 'absent', 'unknown output', 'unknown input'),
    })
    .map(({ data, tools, context, input, output, priced }) => {
      const capabilities = { tools, vision: false, json: false, reasoning: false };
      const offer = sampleOffer(`${provider}:${model}`, { data, context, capabilities });
      const sheet = sampleSheet(offer, { input, output });
      const unknown = priced === 'unknown input' ? 'input' : priced === 'unknown output' ? 'output' : undefined;
      const rates = sheet.rates.map((rate) => (rate.meter === unknown ? { ...rate, price: null } : rate));
      return { offer, sheet: priced === 'absent' ? undefined : { ...sheet, rates } };
    });

const floor: fc.Arbitrary<readonly Stall[]> = fc
  .subarray(
    PROVIDERS.flatMap((provider) => MODELS.map((model) => [provider, model] as const)),
    { minLength: 4 },
  )
  .chain((pairs) => fc.tuple(...pairs.map(([provider, model]) => stall(provider, model))));

/** Up to three demands at once: more would leave nobody, and nothing to test. */
const requirements = fc
  .array(
    fc.oneof(
      fc.constant({ data: { training: 'never' } }),
      fc.constant({ data: { retention: 'none' } }),
      fc.constant({ data: { self_hosted: true } }),
      fc.subarray([...REGIONS], { minLength: 1 }).map((regions) => ({ data: { regions } })),
      fc.integer({ min: 5, max: 40 }).map((usd) => ({ max_input_price: `$${usd}/M` })),
      fc.integer({ min: 10, max: 80 }).map((usd) => ({ max_output_price: `$${usd}/M` })),
      fc.constantFrom('$0.01', '$0.03', '$0.10').map((max_cost) => ({ max_cost })),
      fc.subarray([...PROVIDERS], { minLength: 2 }).map((providers) => ({ providers })),
    ),
    { maxLength: 3 },
  )
  .map((demands) => ({
    ...Object.assign({}, ...demands),
    data: Object.assign({}, ...demands.map((demand) => ('data' in demand ? demand.data : {}))),
  }));

const policyFile = fc.record({
  models: fc.subarray([...MODELS, 'lumen/*', '*/*'], { minLength: 1 }),
  require: requirements,
  objective: fc.constantFrom<object | string>(
    { worth: '$0.05' },
    { budget: '$1/day' },
    { floor: '0.9 of quarry/granite' },
    'cheapest',
    'fastest',
    'order',
  ),
  fallback: fc.record({
    attempts: fc.integer({ min: 1, max: 3 }),
    on_rate_limit: fc.constantFrom('next', 'wait'),
    on_refusal: fc.constantFrom('stop', 'next'),
  }),
  explore: fc.record({ share: fc.constantFrom('0%', '50%', '100%'), floor: fc.constant('0%') }),
  feedback: fc.record({ holdout: fc.constantFrom('0%', '50%', '100%'), baseline: fc.constantFrom(...MODELS) }),
  rules: fc.constantFrom([], [{ when: { task: 'chat' }, require: { data: { regions: ['eu', 'us'] } } }]),
});

/** undefined where a rule leaves nothing in common with its policy and the file is rightly refused. */
const policyOf = (contents: object): Policy | undefined => {
  const parsed = parsePolicy(stringify({ version: 1, name: 'auto', about: 'x', ...contents }), 'auto.yaml');
  return parsed.ok ? parsed.policy : undefined;
};

const TROUBLES: readonly Frame[] = [
  failureFrame({ status: 503 }),
  failureFrame({ status: 500 }),
  failureFrame({ status: 429, retryAfterMs: 0 }),
  failureFrame({ status: 401 }),
  failureFrame({ status: 404 }),
  failureFrame({ status: 400, code: 'context_length_exceeded' }),
  failureFrame({ sort: 'network', phase: 'connect' }),
  failureFrame({ sort: 'cut', phase: 'stream' }),
  failureFrame({ sort: 'malformed', phase: 'stream' }),
  { events: [{ type: 'finish', reason: 'content_filter' }] },
];
const good: readonly Frame[] = [
  { events: [textFrame('hi'), usageFrame(100, 20), finishFrame].flatMap(({ events }) => events) },
];
/** What each provider says to each call in turn; the last repeats. */
const moods = fc.array(fc.option(fc.integer({ min: 0, max: TROUBLES.length - 1 }), { freq: 3 }), {
  minLength: 1,
  maxLength: 4,
});

/** The demand, said once more and apart from the code under test. */
const forbids = (require: Requirements, { data, provider }: Offer): boolean =>
  (require.training === 'never' && data.training !== 'never') ||
  (require.retention === 'none' && data.retention !== 'none') ||
  (require.selfHosted && !data.selfHosted) ||
  (require.regions.length > 0 &&
    (data.regions.length === 0 || data.regions.some((at) => !require.regions.includes(at)))) ||
  (require.providers.length > 0 && !require.providers.includes(provider));

const rateOf = (sheet: PriceSheet, meter: string): number =>
  sheet.rates.find((rate) => rate.meter === meter)?.price ?? Infinity;

type World = {
  readonly stalls: readonly Stall[];
  readonly policy: Policy;
  readonly moods: Readonly<Record<string, readonly (number | null)[]>>;
  readonly seed: number;
};

const createWorld = ({ stalls, policy, moods: said, seed }: World) => {
  const fake = createFakeClock();
  // Pauses between attempts pass at once; deadlines never come.
  const clock = {
    ...fake,
    sleep: (ms: number, signal?: AbortSignal) => {
      if (ms > 10_000) return fake.sleep(ms, signal);
      fake.advance(ms);
      return Promise.resolve();
    },
  };
  const rng = seededRng(seed);
  const sheets = new Map(stalls.map(({ offer, sheet }) => [offer.key, sheet]));
  const providers = new Map(
    PROVIDERS.map((name) => [
      name as string,
      scriptedProvider(
        name,
        (said[name] ?? [null]).map((mood) => (mood === null ? good : [TROUBLES[mood] ?? finishFrame])),
      ),
    ]),
  );
  const offers = stalls.map(({ offer }) => offer);
  const health = createHealth({ clock });
  const market = createMarket({
    offers,
    sheetOf: (offer) => sheets.get(offer),
    referenceOffer: (model) => offers.find((offer) => offer.model === model),
    matches: matchesModel,
    latency: createLatency({ clock }),
    health,
    conversations: createConversations({ clock }),
    clock,
    rng,
  });
  const learner = createLearner({
    beliefs: createBeliefs({ priorOf: () => ({ easy: 0.8, hard: 0.6, weight: 3, outputTokens: 300 }) }),
    pacer: createPacer(),
    exploration: createExplorationSpend(),
    orderIn: (patterns) => (model) => placeOfModel(patterns, model),
    rng,
  });
  const records: LedgerRecord[] = [];
  const ledger: Ledger = {
    append: async (some) => void records.push(...some),
    request: async () => undefined,
    lessons: async function* () {},
    spend: async () => [],
    close: async () => undefined,
  };
  const ended: { decision: Decision; outcome: Outcome }[] = [];
  const route = createRoute({
    policies: { get: (name) => (name === 'auto' ? policy : undefined), list: () => [policy] },
    market,
    learner,
    clock,
    dispatch: createDispatch({
      providers,
      clock,
      health,
      rng: seededRng(1),
      patience: samplePatience(),
    }),
    store: createMemoryStore({ clock }),
    ledger,
    observe: (decision, outcome) => void ended.push({ decision, outcome }),
    background: () => undefined,
  });
  const called = () =>
    [...providers.values()].flatMap(({ calls }) => calls.map(({ offer }) => ({ offer, sheet: sheets.get(offer.key) })));
  return { route, called, ended, records };
};

describe('no call, first or later, chosen, explored, held out or fallen back to,', { timeout: 120_000 }, () => {
  it('goes to an offer that its policy forbids, that lacks what is needed, or whose price is unknown', async () => {
    const seen = { calls: 0, fallbacks: 0, refused: 0, answered: 0, pinned: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          stalls: floor,
          contents: policyFile,
          moods: fc.record(Object.fromEntries(PROVIDERS.map((name) => [name, moods]))),
          seed: fc.integer({ min: 1, max: 1e6 }),
          needsTools: fc.boolean(),
          model: fc.constantFrom('auto', 'auto', 'auto', 'lumen/spark', 'orion:tidal/current'),
        }),
        async ({ stalls, contents, moods: said, seed, needsTools, model }) => {
          const policy = policyOf(contents);
          if (!policy) return;
          const { route, called, ended } = createWorld({ stalls, policy, moods: said, seed });
          for (let number = 0; number < 4; number += 1) {
            const ask: Ask = {
              requestId: `r${number}`,
              request: sampleRequest({
                model,
                tools: needsTools ? [{ name: 'look', parameters: { type: 'object' } }] : [],
              }),
              caller: { id: 'local', policies: [] },
              explore: 'allowed',
              signal: new AbortController().signal,
            };
            try {
              for await (const _ of (await route(ask)).answer);
              seen.answered += 1;
            } catch (fault) {
              if (!(fault instanceof RouterError) || fault.code === 'internal') throw fault;
              seen.refused += 1;
            }
          }
          // The task of every request is chat: the rule, where there is one, is the one that holds, except for a named model.
          const require = (model === 'auto' ? policy.rules[0]?.change.require : undefined) ?? policy.plan.require;
          for (const { offer, sheet } of called()) {
            seen.calls += 1;
            expect(forbids(require, offer)).toBe(false);
            expect(sheet !== undefined && isPriced(sheet)).toBe(true);
            expect(needsTools && !offer.capabilities.tools).toBe(false);
            if (sheet && require.maxInputPrice !== undefined)
              expect(rateOf(sheet, 'input')).toBeLessThanOrEqual(require.maxInputPrice);
            if (sheet && require.maxOutputPrice !== undefined)
              expect(rateOf(sheet, 'output')).toBeLessThanOrEqual(require.maxOutputPrice);
            if (model === 'auto') expect(matchesModel(policy.plan.models, offer.model)).toBe(true);
            else expect(`${offer.provider}:${offer.model}`).toContain(model);
          }
          for (const { decision, outcome } of ended) {
            if (outcome.attempts.length > 1) seen.fallbacks += 1;
            if (decision.reason === 'pinned') seen.pinned += 1;
            expect(outcome.attempts.length).toBeLessThanOrEqual(policy.plan.fallback.attempts);
            const most = require.maxCost;
            if (most !== undefined)
              for (const { quote } of decision.ladder) expect(quote.costP90).toBeLessThanOrEqual(most);
          }
        },
      ),
      { numRuns: 300 },
    );
    // The test says something only if all of this has happened.
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(50);
  });
});
