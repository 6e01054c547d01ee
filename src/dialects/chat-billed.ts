// What a chat provider says of its own accord that a call cost, in dollars.
import type { JsonObject } from '../core/chat.ts';
import type { ChatQuirks } from './chat-quirks.ts';
import { type Loose, objectOf, objectsOf } from './loose.ts';

/** xAI: 1 USD = 10 000 000 000 ticks. */
const TICKS_PER_USD = 1e10;
/** No call costs this much: beyond it the number is in another unit. */
const MOST_USD = 10_000;

/** A number, or decimal text as gateways write it. */
const amountOf = (value: Loose): number | undefined => {
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof amount === 'number' && amount >= 0 && amount <= MOST_USD ? amount : undefined;
};

/**
 * OpenRouter: `usage.cost` is what it charges, in credits, which are dollars. On the caller's own key that is only its fee, and the seller
 * behind it bills the rest: `cost_details.upstream_inference_cost`, which without `is_byok` repeats the cost.
 */
const openrouterCost = (usage: JsonObject): number | undefined => {
  const cost = amountOf(usage['cost']);
  if (usage['is_byok'] !== true) return cost;
  const upstream = amountOf(objectOf(usage['cost_details'])?.['upstream_inference_cost']);
  return cost === undefined || upstream === undefined ? undefined : cost + upstream;
};

/** xAI: whole ticks, after discounts, tools included. */
const ticks = (usage: JsonObject): number | undefined => {
  const count = usage['cost_in_usd_ticks'];
  return typeof count === 'number' ? amountOf(count / TICKS_PER_USD) : undefined;
};

/** Vercel's gateway: dollars as decimal text in `provider_metadata.gateway.cost` of the message or of a chunk's delta. */
const gatewayCost = (answer: JsonObject): number | undefined => {
  const [choice] = objectsOf(answer['choices']);
  const places = [answer, objectOf(choice?.['message']), objectOf(choice?.['delta'])];
  const found = places.map((place) => objectOf(objectOf(place?.['provider_metadata'])?.['gateway'])?.['cost']);
  return found.map(amountOf).find((amount) => amount !== undefined);
};

/**
 * @param answer a whole answer or a chunk
 * @returns dollars; undefined where nothing is said or it cannot be dollars
 */
export const billedUsdOf = (answer: JsonObject, billed: ChatQuirks['billed']): number | undefined => {
  const usage = objectOf(answer['usage']) ?? {};
  switch (billed) {
    case 'cost':
      return openrouterCost(usage);
    case 'cost_in_usd_ticks':
      return ticks(usage);
    case 'gateway':
      return amountOf(usage['cost']) ?? gatewayCost(answer);
    case 'nowhere':
      return undefined;
    default:
      return billed satisfies never;
  }
};
