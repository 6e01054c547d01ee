// Policy files and requests of every kind, for the property tests.
import * as fc from 'fast-check';
import { BANDS, type Profile, TASKS } from '../../../src/core/profile.ts';

const PERIODS = ['hour', 'day', 'week', 'month'] as const;

const decimal = (digits: number, places: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat({ max: 10 ** digits - 1 }), fc.nat({ max: places }), fc.nat({ max: 10 ** places - 1 }))
    .map(([whole, length, fraction]) =>
      length === 0 ? String(whole) : `${whole}.${String(fraction).padStart(places, '0').slice(0, length)}`,
    );

export const money = decimal(6, 9).map((text) => `$${text}`);
const positiveMoney = fc.tuple(fc.integer({ min: 1, max: 999_999 }), fc.nat({ max: 99 })).map(([a, b]) => `$${a}.${b}`);
export const rate = fc
  .tuple(positiveMoney, fc.constantFrom(...PERIODS))
  .map(([amount, period]) => `${amount}/${period}`);
export const price = decimal(6, 6).map((text) => `$${text}/M`);
export const duration = fc
  .tuple(fc.integer({ min: 1, max: 366 }), fc.constantFrom('ms', 's', 'm', 'h', 'd'))
  .map(([amount, span]) => `${amount}${span}`);
export const tokens = fc.oneof(
  fc.integer({ min: 1, max: 999_999_999 }).map(String),
  fc.integer({ min: 1, max: 999 }).map((thousands) => `${thousands}k`),
  fc.integer({ min: 1, max: 9999 }).map((tenths) => `${tenths / 10}k`),
);
export const share = fc.oneof(
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
  fc.integer({ min: 0, max: 999_999 }).map((parts) => `${parts / 10_000}%`),
  fc.integer({ min: 0, max: 999_999 }).map((parts) => `0.${String(parts).padStart(6, '0')}`),
);
const op = fc.constantFrom('<', '<=', '>', '>=');
export const difficulty = fc
  .tuple(op, fc.integer({ min: 0, max: 1000 }))
  .map(([sign, part]) => `${sign} ${part / 1000}`);
export const tokensTest = fc.tuple(op, tokens).map(([sign, count]) => `${sign} ${count}`);
const model = fc.constantFrom('openai/gpt-5', 'openai/gpt-5*', '*/*', '*/llama-3.3-70b', 'anthropic/claude-sonnet-4-5');
export const floor = fc
  .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom('openai/gpt-5.2', 'meta/llama-3.3-70b'))
  .map(([parts, of]) => `${parts / 1_000_000} of ${of}`);

const orNone = (value: fc.Arbitrary<string>) => fc.oneof(fc.constant('none'), value);
const names = (...all: string[]) => fc.oneof(fc.constant('any'), fc.subarray(all, { minLength: 1 }));
const optional = <Shape>(shape: { [Key in keyof Shape]: fc.Arbitrary<Shape[Key]> }) =>
  fc.record(shape, { requiredKeys: [] });

const data = optional({
  training: fc.constantFrom('never', 'any'),
  retention: fc.constantFrom('none', 'any'),
  regions: names('eu', 'us', 'ap'),
  self_hosted: fc.boolean(),
});
export const requirements = optional({
  data,
  max_cost: orNone(money),
  first_token: orNone(duration),
  max_input_price: orNone(price),
  max_output_price: orNone(price),
  providers: names('openai', 'azure', 'groq'),
});
const objective = fc.oneof(
  fc.constantFrom('order', 'cheapest', 'fastest'),
  positiveMoney.map((worth) => ({ worth })),
  rate.map((budget) => ({ budget })),
  floor.map((floor) => ({ floor })),
);
export const sections = {
  models: fc.array(model, { minLength: 1, maxLength: 4 }),
  require: requirements,
  objective,
  price_of_a_second: money,
  explore: optional({ share, spend: money.map((amount) => `${amount}/day`), floor: share }),
  fallback: optional({
    attempts: fc.integer({ min: 1, max: 3 }),
    on_rate_limit: fc.constantFrom('next', 'wait'),
    on_refusal: fc.constantFrom('stop', 'next'),
    stream: fc.constantFrom('fail', 'buffer'),
  }),
};
const task = fc.constantFrom(...TASKS);
const when = optional({
  task: fc.oneof(task, fc.subarray([...TASKS], { minLength: 1 })),
  difficulty,
  needs: fc.subarray(['tools', 'vision', 'json'], { minLength: 1 }),
  language: fc.constantFrom('en', 'de', 'und'),
  input_tokens: tokensTest,
}).filter((conditions) => Object.keys(conditions).length > 0);
const rule = fc
  .tuple(when, optional({ ...sections, limits: optional({ deadline: duration, output_tokens: orNone(tokens) }) }))
  .filter(([, changes]) => Object.keys(changes).length > 0)
  .map(([conditions, changes]) => ({ when: conditions, ...changes }));
const expectation = optional({ rule: fc.constant('none'), task, difficulty }).filter(
  (expected) => Object.keys(expected).length > 0,
);
export const file = optional({
  ...sections,
  rules: fc.array(rule, { maxLength: 4 }),
  limits: optional({ deadline: duration, output_tokens: orNone(tokens), spend: orNone(rate) }),
  feedback: optional({
    half_life: duration,
    holdout: share,
    baseline: fc.constantFrom('none', 'openai/gpt-5.2'),
    weights: fc.dictionary(fc.constantFrom('user', 'eval', 'schema', 'my-test'), fc.integer({ min: 0, max: 100 })),
    judge: fc.oneof(
      fc.constant('off'),
      fc.record({ model: fc.constant('openai/gpt-5.2'), share, spend: fc.constantFrom('$1/day', '$0.25/day') }),
    ),
  }),
  examples: fc.array(fc.record({ say: fc.string({ minLength: 1 }), expect: expectation }), { maxLength: 3 }),
}).map((rest) => ({ version: 1, name: 'test', about: 'Any policy.', ...rest }));

export const profile: fc.Arbitrary<Profile> = fc.record({
  task,
  difficulty: fc.double({ min: 0, max: 1, noNaN: true }),
  band: fc.constantFrom(...BANDS),
  reasons: fc.constant([]),
  needs: fc.record({ tools: fc.boolean(), vision: fc.boolean(), json: fc.boolean(), features: fc.constant([]) }),
  language: fc.constantFrom('en', 'de', 'und', 'fr'),
  inputTokens: fc.nat({ max: 2_000_000 }),
  turns: fc.nat({ max: 20 }),
  conversation: fc.constant([]),
  features: fc.constant(''),
  stream: fc.boolean(),
});
