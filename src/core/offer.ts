// One model at one provider: what is priced and called.
import type { Brand } from './brand.ts';
import type { DialectName, Feature } from './dialect.ts';

/** author/name: what answers, whoever sells it. */
export type ModelKey = Brand<string, 'ModelKey'>;
/** provider:author/name */
export type OfferKey = Brand<string, 'OfferKey'>;

const MODEL_KEY = /^[a-z0-9][a-z0-9._-]*\/[a-z0-9][a-z0-9._:@-]*$/i;
const OFFER_KEY = /^[a-z0-9][a-z0-9._-]*:[a-z0-9][a-z0-9._-]*\/[a-z0-9][a-z0-9._:@-]*$/i;

export const isModelKey = (text: string): text is ModelKey => MODEL_KEY.test(text);
export const isOfferKey = (text: string): text is OfferKey => OFFER_KEY.test(text);

export const modelKey = (text: string): ModelKey => {
  if (!isModelKey(text)) throw new RangeError(`not a model key (author/name): ${text}`);
  return text;
};
export const offerKey = (provider: string, model: ModelKey): OfferKey => `${provider}:${model}` as OfferKey;

export type DataTerms = {
  /** May the seller train on what we send? */
  readonly training: 'never' | 'may' | 'unknown';
  readonly retention: 'none' | 'limited' | 'unknown';
  readonly regions: readonly string[];
  /** Runs on machines of our own. */
  readonly selfHosted: boolean;
};

export type Capabilities = {
  readonly tools: boolean;
  readonly vision: boolean;
  /** Output that follows a JSON schema. */
  readonly json: boolean;
  readonly reasoning: boolean;
};

export type Offer = {
  readonly key: OfferKey;
  readonly provider: string;
  readonly model: ModelKey;
  /** The id this provider knows the model by. */
  readonly wireId: string;
  readonly dialect: DialectName;
  /** Features its dialect and this provider can say; a client of the same dialect passes everything. */
  readonly expresses: ReadonlySet<Feature>;
  /** Tokens, prompt and answer together. */
  readonly context: number;
  /** Tokens of one answer, where the provider caps it. */
  readonly maxOutput?: number;
  readonly capabilities: Capabilities;
  /** Goes on from the beginning of an answer that is handed to it. */
  readonly continues?: boolean;
  readonly data: DataTerms;
};
