// What a policy and its rules can both say: models, requirements, objective, exploration, fallback and limits.
import { z } from 'zod';
import type { Objective } from '../core/policy.ts';
import { listOf, measured, measuredOrNone, namesOrAny, share, tokensOrNone, word } from './fields.ts';
import * as unit from './units.ts';

// No flags: schema.json carries these patterns, and JSON schema has none.
const MODEL_PATTERN = /^[A-Za-z0-9*][A-Za-z0-9._*-]{0,99}\/[A-Za-z0-9*][A-Za-z0-9._:@*-]{0,99}$/;
const MODEL_EXPECTED =
  'a model as author/name, where * stands for any run of characters (sellers are named in require.providers)';
const PROVIDER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const REGION = /^[a-z][a-z0-9-]{0,31}$/;

export const models = listOf(word(MODEL_PATTERN, MODEL_EXPECTED))
  .optional()
  .describe('Models that are interchangeable for this use, as author/name or with *. The order counts for `order`.');

const data = z
  .strictObject({
    training: z.enum(['never', 'any']).optional().describe('never: only sellers who do not train on what is sent.'),
    retention: z.enum(['none', 'any']).optional().describe('none: only sellers who keep nothing once they answered.'),
    regions: namesOrAny(REGION, 'a region such as eu or us')
      .optional()
      .describe('Where data may be processed; any: everywhere.'),
    self_hosted: z.boolean().optional().describe('true: only machines of your own.'),
  })
  .optional()
  .describe('What may happen to the data. A seller whose terms are unknown does not pass.');

export const require = z
  .strictObject({
    data,
    max_cost: measuredOrNone(unit.MONEY)
      .optional()
      .describe('Most that one request may cost, at the P90 of the expected answer.'),
    first_token: measuredOrNone(unit.DURATION)
      .optional()
      .describe('Longest time to the first token, at the p95 of an offer.'),
    max_input_price: measuredOrNone(unit.PRICE).optional().describe('Highest list price of input tokens.'),
    max_output_price: measuredOrNone(unit.PRICE).optional().describe('Highest list price of output tokens.'),
    providers: namesOrAny(PROVIDER, 'the name of a provider')
      .optional()
      .describe('Sellers that may be used; any: all that are configured.'),
  })
  .optional()
  .describe('Hard constraints. Rules can only narrow them; fallback and exploration stay inside.');

const positive = <Value>(amountOf: (value: Value) => number) => ({
  test: (value: Value) => amountOf(value) > 0,
  error: 'must be more than $0',
});
const positiveWorth = positive((amount: number) => amount);
const positiveBudget = positive((rate: unit.RateUsd) => rate.amount);

const statedObjective = z
  .strictObject({
    worth: measured(unit.MONEY)
      .refine(positiveWorth.test, positiveWorth)
      .optional()
      .describe('What a perfect answer is worth more than a useless one.'),
    budget: measured(unit.RATE)
      .refine(positiveBudget.test, positiveBudget)
      .optional()
      .describe('The best quality for this spend. It steers; limits.spend stops.'),
    floor: measured(unit.FLOOR)
      .optional()
      .describe('The cheapest way to stay at this share of a reference model’s quality.'),
  })
  .meta({ minProperties: 1, maxProperties: 1 })
  .transform(({ worth, budget, floor }, context): Objective => {
    const stated: Objective[] = [];
    if (worth !== undefined) stated.push({ kind: 'worth', amount: worth });
    if (budget) stated.push({ kind: 'budget', ...budget });
    if (floor) stated.push({ kind: 'floor', ...floor });
    const [objective] = stated;
    if (objective && stated.length === 1) return objective;
    const found = stated.map(({ kind }) => kind).join(' and ') || 'none';
    context.addIssue({ code: 'custom', message: `exactly one of worth, budget or floor is needed, found ${found}` });
    return z.NEVER;
  });

export const objective = z
  .union([
    z
      .enum(['order', 'cheapest', 'fastest'], {
        error: 'expected { worth: … }, { budget: … }, { floor: … }, order, cheapest or fastest',
      })
      .transform((kind): Objective => ({ kind })),
    statedObjective,
  ])
  .optional()
  .describe(
    'What to aim for, exactly one: { worth: $0.02 }, { budget: $40/day } or { floor: 0.95 of openai/gpt-5.2 } weigh ' +
      'learned quality against dollars; order, cheapest and fastest learn nothing.',
  );

export const price_of_a_second = measured(unit.MONEY)
  .optional()
  .describe('What a second of waiting costs you; weighed against dollars.');

export const explore = z
  .strictObject({
    share: share().optional().describe('Share of requests that may try what is not yet well known.'),
    spend: measured(unit.PER_DAY).optional().describe('Most that trying may cost a day.'),
    floor: share().optional().describe('Least believed quality that may be tried, as a share of the best candidate’s.'),
  })
  .optional()
  .describe('Trying other models in order to learn.');

export const fallback = z
  .strictObject({
    attempts: z
      .int({ error: 'expected a whole number from 1 to 3' })
      .min(1, { error: 'expected a whole number from 1 to 3' })
      .max(3, { error: 'expected a whole number from 1 to 3' })
      .optional()
      .describe('Calls that one request may cause.'),
    on_rate_limit: z
      .enum(['next', 'wait'])
      .optional()
      .describe('next: the next offer at once; wait: a short Retry-After is waited for.'),
    on_refusal: z
      .enum(['stop', 'next'])
      .optional()
      .describe('stop: a refusal is the answer; next: ask the next offer.'),
    stream: z
      .enum(['fail', 'buffer', 'continue'])
      .optional()
      .describe(
        'fail: a stream that breaks ends in an error; buffer: held back until whole, so it can be tried again; ' +
          'continue: the rest is asked of another seller of the same model that can go on from given words, else fail.',
      ),
    hedge: z
      .union([z.literal('off'), measured(unit.MONEY)], { error: 'expected off, or an amount of money such as $0.002' })
      .optional()
      .describe(
        'What a second call may be expected to cost, started when the first is later than its p95; the loser is cancelled.',
      ),
  })
  .optional()
  .describe('What happens when a call fails.');

export const ownLimits = {
  deadline: measured(unit.DURATION).optional().describe('From arrival to the last token, all attempts together.'),
  stream_deadline: measured(unit.DURATION)
    .optional()
    .describe('The same for streams; where only `deadline` is written, it holds for both.'),
  output_tokens: tokensOrNone().optional().describe('Cap on the answer; the caller’s own cap holds where it is lower.'),
};
