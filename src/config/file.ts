// The language of bourse.yaml: where to listen, who sells, which feeds, which keys. Every field has a default; secrets are named, never written.
import { z } from 'zod';
import { modelKey, isModelKey } from '../core/offer.ts';
import { CURRENCY_CODE } from '../market/currency.ts';
import { measured, tokensOrNone } from '../policy/fields.ts';
import { SPEND } from '../policy/spend-unit.ts';
import { billingSection, drainSection, timeoutsSection } from './patience.ts';
import { offerPrice, pricesSection } from './prices.ts';
import { Probes } from './probes.ts';

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const ENV_NAME = /^[A-Z_][A-Z0-9_]{0,99}$/;
const MOST = 500;

const model = z
  .string()
  .refine(isModelKey, { error: 'expected author/name, such as meta/llama-3.3-70b' })
  .transform((text) => modelKey(text));

const data = z
  .strictObject({
    training: z.enum(['never', 'may', 'unknown']).default('unknown').describe('May the seller train on what we send?'),
    retention: z.enum(['none', 'limited', 'unknown']).default('unknown').describe('Does the seller keep it?'),
    regions: z.array(z.string().max(40)).max(50).default([]).describe('Where it may be processed.'),
    self_hosted: z.boolean().default(false).describe('Runs on machines of our own.'),
  })
  .describe('Data terms: what your contract says; policies may require them.');

const offer = z.strictObject({
  model: model.describe('author/name, as policies name it.'),
  wire_id: z.string().min(1).max(200).describe('The id this provider knows it by.'),
  price: offerPrice.optional(),
  context: tokensOrNone().optional().describe('Tokens, prompt and answer together.'),
  max_output: tokensOrNone().optional().describe('Most tokens of one answer.'),
  tools: z.boolean().default(false),
  vision: z.boolean().default(false),
  json: z.boolean().default(false).describe('Follows a JSON schema.'),
  reasoning: z.boolean().default(false),
  continues: z.boolean().optional().describe('Goes on from the beginning of an answer that is handed to it.'),
});

const provider = z.strictObject({
  dialect: z
    .enum(['chat', 'messages', 'gemini'])
    .optional()
    .describe('Wire dialect; known providers need none. openai is chat.'),
  base_url: z.url().optional().describe('Such as http://127.0.0.1:8000/v1. Only ever from here.'),
  key_env: z.string().regex(ENV_NAME).optional().describe('Name of the environment variable that holds the key.'),
  prices_path: z
    .string()
    .startsWith('/')
    .optional()
    .describe('Path below base_url of a model list with prices: the seller’s own feed.'),
  prices_currency: z
    .string()
    .regex(CURRENCY_CODE, { error: 'write a currency as its three letters, such as CNY' })
    .optional()
    .describe('What those prices are in where the list does not say; absent: USD.'),
  data: data.optional(),
  billing: billingSection.optional(),
  spend: measured(SPEND)
    .optional()
    .describe('What this provider may be paid, such as $100/month; beyond it others are asked.'),
  offers: z.array(offer).max(MOST).optional().describe('What it sells, where the bundled prices do not know it.'),
});

/** The word openai stands for the dialect it made common. */
const dialectWord = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'dialect' in value && value.dialect === 'openai'
    ? { ...value, dialect: 'chat' }
    : value;

const key = z.strictObject({
  id: z.string().min(1).max(64),
  hash: z.string().min(16).max(200).describe('As printed by `bourse keys create`.'),
  name: z.string().max(100).default(''),
  policies: z.array(z.string().max(63)).max(100).default([]).describe('Policies this key may use; empty: all.'),
  spend: measured(SPEND).optional().describe('What this key may spend, such as $5/day, or `$5/day soft`.'),
});

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Written as a map by name, or as a list of maps that carry their name. */
const byName = (value: unknown, context: z.RefinementCtx): unknown => {
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, dialectWord(each ?? {})]));
  if (!Array.isArray(value)) return value;
  const named = new Map<string, unknown>();
  for (const [at, each] of value.entries()) {
    const { name, ...rest } = isMap(each) ? each : {};
    if (typeof name !== 'string')
      context.addIssue({ code: 'custom', path: [at], message: 'a provider in a list is a map with its name' });
    else if (named.has(name))
      context.addIssue({ code: 'custom', path: [at, 'name'], message: `there are two providers called ${name}` });
    else named.set(name, dialectWord(rest));
  }
  return Object.fromEntries(named);
};

const HIGHEST_PORT = 65_535;

export const LISTEN = z
  .string()
  .regex(/^(?:\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i, { error: 'expected host:port, such as 127.0.0.1:8080' })
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= HIGHEST_PORT, {
    error: `expected a port from 0 to ${HIGHEST_PORT}`,
  });

export const ConfigFile = z.strictObject({
  listen: LISTEN.default('127.0.0.1:8080'),
  providers: z
    .preprocess(
      byName,
      z.record(
        z.string().regex(NAME, { error: 'a provider’s name has small letters, digits, dots and hyphens' }),
        provider,
      ),
    )
    .default({}),
  keys: z
    .array(key)
    .max(10_000)
    .default([])
    .describe('Callers’ keys, as hashes. Without any, only loopback is served.'),
  allow: z
    .array(z.string().max(50))
    .max(1_000)
    .default([])
    .describe('Addresses and networks that may call; empty: all.'),
  prices: pricesSection,
  probes: Probes,
  timeouts: timeoutsSection,
  drain: drainSection,
  policies: z
    .string()
    .optional()
    .describe('Folder of policy files; without one ./policies, else the eight that are shipped.'),
  data: z.string().default('data').describe('Folder of the ledger and of the secret that signs feedback tokens.'),
  durability: z.enum(['process', 'power']).default('process').describe('What a ledger entry survives.'),
  redis: z.string().optional(),
  database: z.string().optional(),
  log: z.enum(['error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

export type ConfigFile = z.output<typeof ConfigFile>;
export type ProviderEntry = ConfigFile['providers'][string];
export type OfferEntry = NonNullable<ProviderEntry['offers']>[number];
