// Who sells what in every simulated world, and the policies it is asked under: few, since a decision costs by the offer.
import { stringify } from 'yaml';
import type { Offer, OfferKey } from '../../src/core/offer.ts';
import type { Policy } from '../../src/core/policy.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { sampleOffer } from '../support/sample.ts';

export const SELLERS = ['lumen', 'orion', 'harbor', 'quarry'] as const;

type Stall = { readonly offer: Offer; readonly input: number; readonly output: number };

const stall = (key: string, input: number, output: number, change: Partial<Offer> = {}): Stall => ({
  offer: sampleOffer(key, { continues: true, maxOutput: 4_096, ...change }),
  input,
  output,
});

const tooled = { tools: true, vision: false, json: true, reasoning: false };
const toolless = { ...tooled, tools: false };

/** Prices in USD per million tokens. */
export const STALLS: readonly Stall[] = [
  stall('lumen:lumen/spark', 0.4, 1.6),
  stall('orion:lumen/spark', 0.5, 1.5, { capabilities: toolless }),
  stall('orion:tidal/current', 2, 8),
  stall('harbor:tidal/current', 1.8, 9, {
    data: { training: 'may', retention: 'limited', regions: ['us'], selfHosted: false },
    context: 256_000,
  }),
  stall('quarry:quarry/granite', 5, 15, { capabilities: tooled }),
];

export const OFFERS: readonly Offer[] = STALLS.map(({ offer }) => offer);
export const offerOf = (key: OfferKey): Offer => {
  const found = OFFERS.find((offer) => offer.key === key);
  if (!found) throw new RangeError(`nobody sells ${key}`);
  return found;
};

const HOUR_CAP = { spend: '$0.05/hour' };

const FILES: Readonly<Record<string, object>> = {
  auto: {
    objective: { worth: '$0.02' },
    explore: { share: '20%', floor: '0%' },
    feedback: { holdout: '5%', baseline: 'quarry/granite' },
  },
  cheap: { objective: 'cheapest', limits: { deadline: '30s' } },
  strict: {
    objective: 'cheapest',
    require: { data: { training: 'never', retention: 'none', regions: ['eu'] }, max_output_price: '$16/M' },
    limits: { deadline: '20s' },
  },
  narrow: { models: ['lumen/*', 'tidal/current'], objective: 'order', fallback: { attempts: 2 } },
  capped: { objective: 'cheapest', limits: { ...HOUR_CAP, output_tokens: 300, deadline: '30s' } },
  steered: {
    objective: { budget: '$2/day' },
    limits: { spend: '$0.10/hour soft' },
    explore: { share: '10%', floor: '50%' },
  },
  hurried: { objective: 'fastest', fallback: { hedge: '$0.01' }, limits: { deadline: '15s' } },
  whole: { objective: 'cheapest', fallback: { stream: 'buffer', on_refusal: 'next', on_rate_limit: 'wait' } },
  onward: { objective: 'cheapest', fallback: { stream: 'continue' } },
};

/** @throws where a file is refused: a policy that is not played would not be missed */
const parsed = (name: string, contents: object): Policy => {
  const read = parsePolicy(stringify({ version: 1, name, about: 'simulated', ...contents }), `${name}.yaml`);
  if (!read.ok) throw new Error(`policy ${name}: ${JSON.stringify(read.problems)}`);
  return read.policy;
};

export const POLICIES: readonly Policy[] = Object.entries(FILES).map(([name, contents]) => parsed(name, contents));
export const policyOf = (name: string): Policy => {
  const found = POLICIES.find((policy) => policy.name === name);
  if (!found) throw new RangeError(`there is no policy ${name}`);
  return found;
};

const PROMPTS = [
  'Where is my parcel?',
  'Translate to French: good morning, dear colleagues.',
  'Prove that the square root of two is irrational.',
  'Fix this: TypeError: x is undefined at main.js:12',
  'Summarise: the meeting was moved to Tuesday.',
  'What is 17 times 23?',
] as const;
export const PROMPT_COUNT = PROMPTS.length;
export const promptOf = (index: number): string => PROMPTS[index % PROMPTS.length] ?? PROMPTS[0];
