// Which model a seller's id means: the steps propose, the alias table disposes, an unknown id keeps a key of its own.
import { type ModelKey, modelKey, type OfferKey } from '../core/offer.ts';
import type { Aliases } from './identity-aliases.ts';
import { type Lexicon, propose } from './identity-steps.ts';

export type Identity = {
  readonly model: ModelKey;
  /** A dated build of it, `20240513`. It shares beliefs with the model, never its price. */
  readonly snapshot?: string;
  /** How it is served, sorted: quantisation, speed, region, `free`. Each is priced apart. */
  readonly variants: readonly string[];
  /** The table knows this model; otherwise the key is a proposal nobody has confirmed. */
  readonly known: boolean;
};

export type Canonicaliser = (provider: string, wireId: string) => Identity;

/** Ids come from feeds; the memory of them is bounded. */
const MOST_REMEMBERED = 50_000;

const NOTHING: readonly string[] = [];

/** Starts of names that could fit a name, in their order: this is asked several times for each of ten thousand ids. */
const byInitial = (starts: readonly string[]): ((name: string) => readonly string[]) => {
  const initials = Map.groupBy(starts, (start) => start.slice(0, 1));
  return (name) => initials.get(name.slice(0, 1)) ?? NOTHING;
};

const lexiconOf = (aliases: Aliases): Lexicon & { readonly authorOf: (segment: string) => string | undefined } => {
  const authors = new Map<string, string>();
  for (const [author, names] of Object.entries(aliases.authors))
    for (const each of [author, ...names]) authors.set(each, author);
  const families = byInitial(Object.keys(aliases.families).toSorted((a, b) => b.length - a.length));
  const openWeights = byInitial(aliases.openWeights);
  return {
    authorOf: (segment) => authors.get(segment),
    isAuthor: (segment) => authors.has(segment),
    familyOf: (name) => families(name).find((family) => name.startsWith(family)),
    isOpenWeights: (name) => openWeights(name).some((start) => name.startsWith(start)),
  };
};

/** Only what a key may hold. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/g, '');

/** Anthropic writes its versions with hyphens, and so do its users. */
const officialSpelling = (author: string, name: string): string =>
  author === 'anthropic' ? name.replaceAll('.', '-') : name;

/**
 * @returns a pure function, remembering what it has worked out. An id that nothing is known of becomes `author/name` with the author from
 * its path, or the provider: its own key, never a relative's.
 */
export const createCanonicaliser = (aliases: Aliases): Canonicaliser => {
  const lexicon = lexiconOf(aliases);
  const models = new Map<string, ModelKey>();
  for (const [key, names] of Object.entries(aliases.models)) {
    const bare = key.slice(key.indexOf('/') + 1);
    for (const each of [bare, ...names]) models.set(each, modelKey(key));
  }

  const identify = (provider: string, wireId: string): Identity => {
    const draft = propose(wireId, lexicon);
    const family = lexicon.familyOf(draft.name);
    const hint = draft.author ?? provider;
    const author = (family && aliases.families[family]) ?? lexicon.authorOf(hint) ?? (plain(hint) || 'unknown');
    const name = officialSpelling(author, plain(draft.name)) || 'unnamed';
    const exact = aliases.exact[provider]?.[wireId.toLowerCase()];
    const alias = exact ? modelKey(exact) : (models.get(draft.name) ?? models.get(name));
    return {
      model: alias ?? modelKey(`${author}/${name}`),
      ...(draft.snapshot ? { snapshot: plain(draft.snapshot) } : {}),
      variants: [...new Set(draft.variants.map(plain))].filter(Boolean).toSorted(),
      known: alias !== undefined,
    };
  };

  const remembered = new Map<string, Identity>();
  return (provider, wireId) => {
    const id = `${provider} ${wireId}`;
    const seen = remembered.get(id);
    if (seen) return seen;
    const identity = identify(provider, wireId.slice(0, 200));
    if (remembered.size < MOST_REMEMBERED) remembered.set(id, identity);
    return identity;
  };
};

/** `provider:author/name` for the plain id; a dated build or another way of serving adds `@…`, since it has its own price. */
export const offerKeyOf = (provider: string, { model, snapshot, variants }: Omit<Identity, 'known'>): OfferKey => {
  const build = snapshot ? `@${snapshot}` : '';
  return `${provider}:${model}${build}${variants.map((variant) => `@${variant}`).join('')}` as OfferKey;
};

/** The model an offer is of. */
export const modelOfOffer = (offer: OfferKey): ModelKey => {
  const name = offer.slice(offer.indexOf(':') + 1);
  const at = name.indexOf('@');
  return modelKey(at < 0 ? name : name.slice(0, at));
};
