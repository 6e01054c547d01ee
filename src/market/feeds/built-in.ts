// The public feeds Bourse reads by itself, and how often each is worth asking.
import { GENAI_PRICES, parseGenaiPrices } from './genai-prices.ts';
import { LITELLM, parseLitellm } from './litellm.ts';
import { MODELS_DEV, parseModelsDev } from './models-dev.ts';
import { OPENROUTER, parseOpenrouter } from './openrouter.ts';
import type { FeedSpec, Parsed } from './parsed.ts';

export type BuiltInFeed = {
  readonly spec: FeedSpec;
  readonly parse: (input: unknown) => Parsed;
  /** Measured: a seller's own list moves within the hour, curated files a few times a day. */
  readonly everyMinutes: number;
};

export const BUILT_IN_FEEDS: readonly BuiltInFeed[] = [
  { spec: OPENROUTER, parse: parseOpenrouter, everyMinutes: 15 },
  { spec: MODELS_DEV, parse: parseModelsDev, everyMinutes: 360 },
  { spec: GENAI_PRICES, parse: parseGenaiPrices, everyMinutes: 360 },
  { spec: LITELLM, parse: parseLitellm, everyMinutes: 360 },
];
