// How a decision becomes compact JSON and comes back equal: what decisions share is written once, under its hash.
import { createHash } from 'node:crypto';
import type { Decision, Quote } from '../core/decision.ts';

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

const documentOf = (value: object): Document => {
  const known = seen.get(value);
  if (known) return known;
  const body = encode(value);
  const document = { hash: createHash('sha256').update(body).digest('base64url').slice(0, 22), body };
  seen.set(value, document);
  return document;
};

type Reference = string;
type StoredQuote = Omit<Quote, 'offer' | 'sheet'> & { readonly offer: Reference; readonly sheet: Reference };
type StoredDecision = Omit<Decision, 'plan' | 'ladder' | 'baseline'> & {
  readonly plan: Reference;
  readonly ladder: readonly (Omit<Decision['ladder'][number], 'quote'> & { readonly quote: StoredQuote })[];
  readonly baseline?: StoredQuote;
};

export const encodeDecision = (decision: Decision): Encoded => {
  const documents = new Map<string, Document>();
  const refer = (value: object): Reference => {
    const document = documentOf(value);
    documents.set(document.hash, document);
    return document.hash;
  };
  const quoteOf = (quote: Quote): StoredQuote => ({ ...quote, offer: refer(quote.offer), sheet: refer(quote.sheet) });
  const { plan, ladder, baseline, ...rest } = decision;
  const stored: StoredDecision = {
    ...rest,
    plan: refer(plan),
    ladder: ladder.map((ranked) => ({ ...ranked, quote: quoteOf(ranked.quote) })),
    ...(baseline && { baseline: quoteOf(baseline) }),
  };
  return { body: encode(stored), documents: [...documents.values()] };
};

export type StoredBody = {
  readonly references: readonly string[];
  revive(documents: ReadonlyMap<string, string>): Decision;
};

/** In two steps, because the documents a body refers to have to be fetched in between. */
export const openDecision = (body: string): StoredBody => {
  const { plan, ladder, baseline, ...rest } = decode(body) as StoredDecision;
  const quotes = [...ladder.map((ranked) => ranked.quote), ...(baseline ? [baseline] : [])];
  const references = [...new Set([plan, ...quotes.flatMap((quote) => [quote.offer, quote.sheet])])];
  const revive = (documents: ReadonlyMap<string, string>): Decision => {
    const find = (hash: Reference): unknown => {
      const found = documents.get(hash);
      if (found === undefined) throw new Error(`the ledger has lost document ${hash}`);
      return decode(found);
    };
    const quoteOf = (quote: StoredQuote): Quote => ({
      ...quote,
      offer: find(quote.offer) as Quote['offer'],
      sheet: find(quote.sheet) as Quote['sheet'],
    });
    return {
      ...rest,
      plan: find(plan) as Decision['plan'],
      ladder: ladder.map((ranked) => ({ ...ranked, quote: quoteOf(ranked.quote) })),
      ...(baseline && { baseline: quoteOf(baseline) }),
    };
  };
  return { references, revive };
};
