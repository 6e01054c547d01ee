// What any offer would have made of a request that went where it went: quality, dollars, or that it could not serve it.
import { type AnswerInput, type Heard, tokensOf } from './answer.ts';
import type { OfferKey } from '../core/offer.ts';
import { simModel } from './cast.ts';
import type { Entry, PriceChange } from './log.ts';
import { OFFERS, type Price, PROVIDERS, type SimOffer } from './stalls.ts';
import { dollarsOf, type Truth } from './truth.ts';
import { chatWire } from './wire-chat.ts';

export type Alternative = { readonly offer: SimOffer; readonly quality: number; readonly usd: number };

const scaled = ({ input, cached, output }: Price, factor: number): Price => ({
  input: input * factor,
  cached: cached * factor,
  output: output * factor,
});

/** The price in force when a request was started. */
export const priceAt = (offer: SimOffer, index: number, change: PriceChange | undefined): Price =>
  change && change.offer === offer.key && index >= change.atRequest ? scaled(offer.price, change.factor) : offer.price;

/** What the model can do, not whether its provider was up: a fixed model is judged as if it had never been down. */
const canServe = (offer: SimOffer, { tools, schema }: Heard): boolean => {
  const { capabilities } = simModel(offer.model);
  return (tools.length === 0 || capabilities.tools) && (schema === undefined || capabilities.json);
};

const hear = (entry: Entry): Heard => {
  const said = chatWire.hear(entry.body, { key: undefined });
  if (typeof said === 'string') throw new TypeError(`request ${entry.index} is not a chat request: ${said}`);
  return said.heard;
};

/** Could this offer have been chosen for this request at all? */
export const couldServe = (entry: Entry, key: OfferKey): boolean => {
  const offer = OFFERS.find((one) => one.key === key);
  return offer !== undefined && canServe(offer, hear(entry));
};

const dialectOf = (offer: SimOffer): string | undefined =>
  PROVIDERS.find((provider) => provider.name === offer.provider)?.dialect;

type World = { readonly truth: Truth; readonly priceChange?: PriceChange | undefined };

/**
 * Every offer that could have served a request, at the price in force then and with the earlier turns of its conversation in its cache
 * (where the provider caches unasked). Tokens are those the simulated provider would have billed.
 */
export const alternativesTo = (entry: Entry, { truth, priceChange }: World): readonly Alternative[] => {
  const heard = hear(entry);
  const { subject, knownTurns } = entry;
  return OFFERS.filter((offer) => canServe(offer, heard)).map((offer) => {
    const input: Omit<AnswerInput, 'seed' | 'repeat'> = {
      heard: { ...heard, cache: dialectOf(offer) === 'messages' ? 'off' : 'implicit' },
      offer,
      subject,
      truth,
      knownTurns,
    };
    const usd = dollarsOf(tokensOf(input), priceAt(offer, entry.index, priceChange));
    return { offer, quality: truth.quality(offer.model, subject), usd };
  });
};
