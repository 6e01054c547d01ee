// The feeds Bourse knows by name, how often each is worth asking, and when it is read without being named.
import { DEEPINFRA, parseDeepinfra } from './deepinfra.ts';
import { OPENROUTER_ENDPOINTS, parseOpenrouterEndpoints, parseVercelEndpoints, VERCEL_ENDPOINTS } from './endpoints.ts';
import { GENAI_PRICES, parseGenaiPrices } from './genai-prices.ts';
import { HUGGINGFACE, parseHuggingface } from './huggingface.ts';
import { LITELLM, parseLitellm } from './litellm.ts';
import { MODELS_DEV, parseModelsDev } from './models-dev.ts';
import { NOVITA, parseNovita } from './novita.ts';
import { OPENROUTER, parseOpenrouter } from './openrouter.ts';
import type { FeedSpec, Parsed } from './parsed.ts';
import { parseVercel, VERCEL } from './vercel.ts';
import { parseXai, XAI } from './xai.ts';

export type BuiltInFeed = {
  readonly spec: FeedSpec;
  readonly parse: (input: unknown) => Parsed;
  /** Measured: a seller's own list moves within the hour, curated files a few times a day. */
  readonly everyMinutes: number;
  /** The provider whose list it is; its key goes along, to its own address only. */
  readonly seller?: string;
  /** always: whoever routes; seller: where that provider is configured. */
  readonly read: 'always' | 'seller';
  /** Its address is asked once for each model on offer. */
  readonly perModel?: true;
};

export const BUILT_IN_FEEDS: readonly BuiltInFeed[] = [
  { spec: OPENROUTER, parse: parseOpenrouter, everyMinutes: 15, read: 'always' },
  {
    spec: OPENROUTER_ENDPOINTS,
    parse: parseOpenrouterEndpoints,
    everyMinutes: 15,
    seller: 'openrouter',
    // Without a key it tells no speeds.
    read: 'seller',
    perModel: true,
  },
  { spec: VERCEL, parse: parseVercel, everyMinutes: 15, seller: 'vercel', read: 'seller' },
  {
    spec: VERCEL_ENDPOINTS,
    parse: parseVercelEndpoints,
    everyMinutes: 15,
    seller: 'vercel',
    read: 'always',
    perModel: true,
  },
  { spec: HUGGINGFACE, parse: parseHuggingface, everyMinutes: 15, seller: 'huggingface', read: 'always' },
  { spec: DEEPINFRA, parse: parseDeepinfra, everyMinutes: 60, seller: 'deepinfra', read: 'seller' },
  { spec: NOVITA, parse: parseNovita, everyMinutes: 60, seller: 'novita', read: 'seller' },
  { spec: XAI, parse: parseXai, everyMinutes: 60, seller: 'xai', read: 'seller' },
  { spec: MODELS_DEV, parse: parseModelsDev, everyMinutes: 360, read: 'always' },
  { spec: GENAI_PRICES, parse: parseGenaiPrices, everyMinutes: 360, read: 'always' },
  { spec: LITELLM, parse: parseLitellm, everyMinutes: 360, read: 'always' },
];
