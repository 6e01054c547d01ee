// How far a price is to be believed: how often this provider's rows were right when checked, and how fast its prices move.
import type { ModelKey } from '../core/offer.ts';
import type { PriceSheet } from '../core/price.ts';

/** Share of rows of a provider on which any two feeds agreed, measured on snapshots of mid-2026 (docs/prices.md). */
const AGREEMENT: Readonly<Record<string, number>> = {
  anthropic: 0.99,
  zhipuai: 0.99,
  zai: 0.99,
  cerebras: 0.99,
  openai: 0.98,
  fireworks: 0.96,
  groq: 0.95,
  moonshotai: 0.95,
  novita: 0.95,
  vertex: 0.93,
  gemini: 0.92,
  cloudflare: 0.91,
  azure: 0.87,
  together: 0.84,
  nebius: 0.83,
  xai: 0.81,
  bedrock: 0.8,
  mistral: 0.76,
  openrouter: 0.69,
  deepinfra: 0.53,
  deepseek: 0.44,
  wandb: 0.08,
  cohere: 0.93,
  perplexity: 0.93,
  minimax: 0.93,
};
const UNKNOWN_PROVIDER = 0.7;

export const VERIFIED = 0.99;
/** Two copies agree, at a seller whose copies were right in nine of ten checks: better than one, not proof. */
export const COPIES_AGREE = 0.9;
export const DISPUTED = 0.6;
/** The seller speaks of its own offer, while an older copy elsewhere says otherwise. */
export const SELLER_DISPUTED = 0.9;
const SELLER = 0.97;

const DAY_MS = 24 * 3600 * 1000;
/** Price changes per model and day. */
const CHANGES_PER_DAY = { closed: 0.032 / 30.4, open: 0.44 / 30.4 } as const;
const CLOSED = /^(openai\/(?!gpt-oss)|anthropic\/|google\/gemini|xai\/|cohere\/|perplexity\/|amazon\/|ai21\/)/;

export const isClosedModel = (model: ModelKey): boolean => CLOSED.test(model);

/** Confidence in a row that one source alone states. */
export const singleConfidence = (provider: string, precedence: number): number =>
  precedence === 0 ? SELLER : (AGREEMENT[provider] ?? UNKNOWN_PROVIDER);

/** Copies of a seller's prices prove them where any two were found equal this often; open weights move more, so they need more. */
const COPIES_PROVE = { closed: 0.9, open: 0.95 } as const;
/** A copy of an open model's price older than this says what it was. */
const COPIES_PROVE_MS = 14 * DAY_MS;

export type Agreement = {
  readonly provider: string;
  readonly model: ModelKey;
  /** Independent lineages that state one price; nobody differs. */
  readonly lineages: number;
  /** The seller is one of them. */
  readonly sellerSpeaks: boolean;
  /** Of the newest of them. */
  readonly ageMs: number;
};

/**
 * Is a price that nobody contradicts proven? Held out in turn, each of four public feeds was met by 88–98 % of what two others agreed on, by
 * 99 % and more of what passes here: three lineages, or the seller and one more, or two copies where copies have been right.
 */
export const isProven = ({ provider, model, lineages, sellerSpeaks, ageMs }: Agreement): boolean => {
  if (lineages < 2) return false;
  if (lineages > 2 || sellerSpeaks) return true;
  const closed = isClosedModel(model);
  const agreement = AGREEMENT[provider] ?? UNKNOWN_PROVIDER;
  return agreement >= (closed ? COPIES_PROVE.closed : COPIES_PROVE.open) && (closed || ageMs <= COPIES_PROVE_MS);
};

/** The chance that a price seen `ageMs` ago still stands: exponential in the rate at which prices of this kind change. */
export const ageFactor = (model: ModelKey, ageMs: number): number =>
  Math.exp((-Math.max(0, ageMs) / DAY_MS) * (isClosedModel(model) ? CHANGES_PER_DAY.closed : CHANGES_PER_DAY.open));

/** After this long without being seen again a price is `stale`: a seller's own list is polled often, the curated ones daily. */
export const staleAfterMs = (precedence: number): number => (precedence === 0 ? DAY_MS / 2 : 3 * DAY_MS);

/** A sheet as it stands at an instant: its confidence faded, and `stale` when nobody has seen it for long. An override does not age. */
export const aged = (
  sheet: PriceSheet,
  { model, precedence, at }: { model: ModelKey; precedence: number; at: number },
): PriceSheet => {
  const age = at - sheet.observedAt;
  const confidence = sheet.confidence * ageFactor(model, age);
  if (age <= staleAfterMs(precedence) || sheet.status === 'held') return { ...sheet, confidence };
  const days = Math.floor(age / DAY_MS);
  return {
    ...sheet,
    confidence,
    status: 'stale',
    reasons: [`${sheet.status}, last seen ${days} days ago`, ...sheet.reasons],
  };
};
