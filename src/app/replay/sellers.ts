// Under which name and at which price each recorded model is on sale while it is replayed.
import type { ModelKey, Offer } from '../../core/offer.ts';
import { isModelKey, modelKey, offerKey } from '../../core/offer.ts';
import { type PicoUsdPerUnit, picoUsdPerUnit } from '../../core/money.ts';
import type { PriceSheet } from '../../core/price.ts';
import type { Prior, PriorOf } from '../../market/catalogue.ts';
import type { ListPrice } from './price-list.ts';

export type Seller = {
  /** As the recording names the model. */
  readonly name: string;
  readonly offer: Offer;
  readonly sheet: PriceSheet;
  /** First belief: the product's own catalogue. */
  readonly prior: Prior;
};

/** One provider sells everything: a recording says nothing of hosts. */
const PROVIDER = 'replay';
/** Larger than any recorded prompt: a recording shows that it fitted. */
const CONTEXT = 100_000_000;
/** What a token of an answer costs over one of a prompt, where only sums are known: the middle of 2025–26 list prices. Decides the tier alone. */
const OUTPUT_OVER_INPUT = 4;

/** Keeps names that are model keys; others get an author, and a number where two would become one. */
export const keysFor = (names: readonly string[]): ReadonlyMap<string, ModelKey> => {
  const taken = new Set<string>();
  const keys = new Map<string, ModelKey>();
  for (const name of names) {
    const plain = name.replaceAll(/[^a-z0-9._-]+/gi, '-').replace(/^[^a-z0-9]+/i, '') || 'model';
    const wanted = isModelKey(name) ? name : `recorded/${plain}`;
    let key = wanted;
    for (let again = 2; taken.has(key); again++) key = `${wanted}-${again}`;
    taken.add(key);
    keys.set(name, modelKey(key));
  }
  return keys;
};

const offerOf = (model: ModelKey): Offer => ({
  key: offerKey(PROVIDER, model),
  provider: PROVIDER,
  model,
  wireId: model,
  dialect: 'chat',
  expresses: new Set(),
  context: CONTEXT,
  capabilities: { tools: true, vision: true, json: true, reasoning: false },
  data: { training: 'unknown', retention: 'unknown', regions: [], selfHosted: false },
});

export const sheetOf = (offer: Offer, { input, output }: ListPrice, revision: string): PriceSheet => ({
  offer: offer.key,
  revision,
  rates: [
    { meter: 'input', price: input },
    { meter: 'output', price: output },
  ],
  effectiveFrom: 0,
  observedAt: 0,
  status: 'single',
  confidence: 1,
  sources: [],
  reasons: [],
});

/** A call as far as its bill goes. */
export type Bill = { readonly inputTokens: number; readonly usd: number };

const pico = (usdPerToken: number): PicoUsdPerUnit => picoUsdPerUnit(Math.max(0, Math.round(usdPerToken * 1e12)));

/** No bill may be less than its prompt costs: the dearest price of a prompt token that no bill contradicts. Dollars per token. */
const inputPriceOf = (bills: readonly Bill[]): number =>
  bills.reduce(
    (least, { inputTokens, usd }) => Math.min(least, usd / Math.max(1, inputTokens)),
    Number.POSITIVE_INFINITY,
  );

/**
 * A price list read off the bills of a recording, which has sums only. What bills leave after the prompt is the answer's; a token of it costs what makes
 * the mean answer as long as the catalogue expects, so tokens are a unit of cost and a first expectation is right on average.
 */
const priceFrom = (bills: readonly Bill[], prior: Prior): ListPrice => {
  const input = inputPriceOf(bills);
  const rest = bills.reduce((sum, { inputTokens, usd }) => sum + usd - input * inputTokens, 0) / bills.length;
  return { input: pico(input), output: pico(Math.max(0, rest) / prior.outputTokens) };
};

export type SellerInput = {
  readonly name: string;
  readonly key: ModelKey;
  readonly listed: ListPrice | undefined;
  /** Of rows with dollars; not empty unless the price is listed. */
  readonly bills: readonly Bill[];
  readonly priorOf: PriorOf;
};

export const sellerOf = ({ name, key, listed, bills, priorOf }: SellerInput): Seller => {
  const offer = offerOf(key);
  if (listed) {
    const sheet = sheetOf(offer, listed, 'list');
    return { name, offer, sheet, prior: priorOf(key, sheet) };
  }
  const input = inputPriceOf(bills);
  const rough = sheetOf(offer, { input: pico(input), output: pico(input * OUTPUT_OVER_INPUT) }, 'rough');
  const prior = priorOf(key, rough);
  return { name, offer, sheet: sheetOf(offer, priceFrom(bills, prior), 'bills'), prior };
};
