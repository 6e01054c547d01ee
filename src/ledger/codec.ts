// How a decision becomes compact JSON and comes back equal: what decisions share is written once, under its hash.
import { createHash } from 'node:crypto';
import type { Decision, Quote, Ranked } from '../core/decision.ts';
import type { NanoUsd } from '../core/money.ts';
import type { Profile } from '../core/profile.ts';

export type Document = { readonly hash: string; readonly body: string };
export type Encoded = { readonly body: string; readonly documents: readonly Document[] };

/** A set, or a number JSON has no word for. Our own records never have a key that starts with $. */
type Marked = { readonly $set: readonly unknown[] } | { readonly $number: string };

const isMarked = (value: unknown): value is Marked =>
  typeof value === 'object' && value !== null && ('$set' in value || '$number' in value);

const mark = (_key: string, value: unknown): unknown => {
  if (value instanceof Set) return { $set: [...value] };
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  return value;
};

const unmark = (_key: string, value: unknown): unknown => {
  if (!isMarked(value)) return value;
  return '$set' in value ? new Set(value.$set) : Number(value.$number);
};

export const encode = (value: unknown): string => JSON.stringify(value, mark);
/** What shape it has is vouched for by the column it was read from: only `encode` writes there. */
export const decode = (body: string): unknown => JSON.parse(body, unmark);

/** Offers, sheets and plans are the same frozen objects from one request to the next: each is hashed once in its life. */
const seen = new WeakMap<object, Document>();

/** What a document is called by. */
export const hashOf = (body: string): string => createHash('sha256').update(body).digest('base64url').slice(0, 22);

const documentOf = (value: object): Document => {
  const known = seen.get(value);
  if (known) return known;
  const body = encode(value);
  const document = { hash: hashOf(body), body };
  seen.set(value, document);
  return document;
};

type Reference = string;
type Refer = (value: object) => Reference;
type Find = (hash: Reference) => unknown;

/** Rungs are most of a decision, so they are written without the names of their fields: half the bytes, a third of the time. */
type QuoteRow = readonly [
  offer: Reference,
  sheet: Reference,
  inputTokens: number,
  cachedTokens: number,
  outputTokens: number,
  outputTokensP90: number,
  cost: number,
  costP90: number,
  firstTokenMs: number,
  firstTokenMsP95: number,
  totalMs: number,
];
type RungNumbers = readonly [mean: number, sd: number, drawn: number, utility: number, probability: number];
type RungRow = readonly [...QuoteRow, ...RungNumbers];

const quoteRow = (quote: Quote, refer: Refer): QuoteRow => [
  refer(quote.offer),
  refer(quote.sheet),
  quote.inputTokens,
  quote.cachedTokens,
  quote.outputTokens,
  quote.outputTokensP90,
  quote.cost,
  quote.costP90,
  quote.firstTokenMs,
  quote.firstTokenMsP95,
  quote.totalMs,
];

const rungRow = ({ quote, quality, drawn, utility, probability }: Ranked, refer: Refer): RungRow => [
  ...quoteRow(quote, refer),
  quality.mean,
  quality.sd,
  drawn,
  utility,
  probability,
];

const quoteOf = (row: QuoteRow | RungRow, find: Find): Quote => {
  const [offer, sheet, inputTokens, cachedTokens, outputTokens, outputTokensP90, cost, costP90, ...times] = row;
  const [firstTokenMs, firstTokenMsP95, totalMs] = times;
  return {
    offer: find(offer) as Quote['offer'],
    sheet: find(sheet) as Quote['sheet'],
    inputTokens,
    cachedTokens,
    outputTokens,
    outputTokensP90,
    cost: cost as NanoUsd,
    costP90: costP90 as NanoUsd,
    firstTokenMs,
    firstTokenMsP95,
    totalMs,
  };
};

const QUOTE_LENGTH = 11 satisfies QuoteRow['length'];

const rungOf = (row: RungRow, find: Find): Ranked => {
  const [mean, sd, drawn, utility, probability] = row.slice(QUOTE_LENGTH) as unknown as RungNumbers;
  return { quote: quoteOf(row, find), quality: { mean, sd }, drawn, utility, probability };
};

type StoredRest = Omit<Decision, 'plan' | 'ladder' | 'baseline' | 'profile'> & {
  readonly profile: Omit<Profile, 'features'> & { readonly features?: string };
  readonly plan: Reference;
  readonly baseline?: QuoteRow;
};

/** `encode` looks at every value on its way; of these, known to be numbers and references, only an odd one needs it. */
const encodeRow = (row: RungRow): string =>
  row.every((value) => typeof value === 'string' || Number.isFinite(value)) ? JSON.stringify(row) : encode(row);

export const encodeDecision = (decision: Decision): Encoded => {
  const documents = new Map<string, Document>();
  const refer = (value: object): Reference => {
    const document = documentOf(value);
    documents.set(document.hash, document);
    return document.hash;
  };
  const { plan, ladder, baseline, ...rest } = decision;
  const stored: StoredRest = {
    ...rest,
    plan: refer(plan),
    ...(baseline && { baseline: quoteRow(baseline, refer) }),
  };
  const rungs = ladder.map((ranked) => encodeRow(rungRow(ranked, refer)));
  return { body: `[${encode(stored)},[${rungs.join()}]]`, documents: [...documents.values()] };
};

export type StoredBody = {
  readonly references: readonly string[];
  /** @param documents what the references stand for, decoded; decisions revived from one map share them */
  revive(documents: ReadonlyMap<string, unknown>): Decision;
};

/** In two steps, because the documents a body refers to have to be fetched in between. */
export const openDecision = (body: string): StoredBody => {
  const stored = decode(body);
  if (!Array.isArray(stored))
    throw new Error('this decision was written by a Bourse from before decisions were kept as rows');
  const [{ plan, baseline, ...rest }, rungs] = stored as unknown as readonly [StoredRest, readonly RungRow[]];
  const quotes = [...rungs, ...(baseline ? [baseline] : [])];
  const references = [...new Set([plan, ...quotes.flatMap(([offer, sheet]) => [offer, sheet])])];
  const revive = (documents: ReadonlyMap<string, unknown>): Decision => {
    const find = (hash: Reference): unknown => {
      const found = documents.get(hash);
      if (found === undefined) throw new Error(`the ledger has lost document ${hash}`);
      return found;
    };
    return {
      ...rest,
      // Decisions from before profiles had features.
      profile: { ...rest.profile, features: rest.profile.features ?? '' },
      plan: find(plan) as Decision['plan'],
      ladder: rungs.map((row) => rungOf(row, find)),
      ...(baseline && { baseline: quoteOf(baseline, find) }),
    };
  };
  return { references, revive };
};
