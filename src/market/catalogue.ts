// The first belief about a model: from the tier the catalogue puts it in, else from what it costs. Weak on purpose.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { PriceSheet } from '../core/price.ts';
import { basePrice } from './rates.ts';

export type Prior = {
  /** Quality in [0,1] on the easiest and on the hardest requests. */
  readonly easy: number;
  readonly hard: number;
  /** Answers it counts for. */
  readonly weight: number;
  /** Expected tokens of an ordinary answer. */
  readonly outputTokens: number;
};

/** @param sheet what the model costs, where it is sold; undefined when nobody prices it */
export type PriorOf = (model: string, sheet?: PriceSheet) => Prior;

const share = z.number().min(0).max(1);
const patterns = z.array(z.string().regex(/^[a-z0-9*._:@/[\]-]+$/i, 'letters, digits, * and [1-9] only'));
const CatalogueSchema = z.strictObject({
  version: z.literal(1),
  weight: z.strictObject({ named: z.number().positive(), from_price: z.number().positive() }),
  tiers: z.record(
    z.string(),
    z.strictObject({ easy: share, hard: share, output_tokens: z.int().positive(), models: patterns }),
  ),
  except: patterns,
  from_price: z.array(z.strictObject({ at_least: z.number().min(0), tier: z.string() })).min(1),
  unknown: z.string(),
  thinking: z.strictObject({ factor: z.number().min(1).max(10), models: patterns, except: patterns }),
});
export type Catalogue = z.infer<typeof CatalogueSchema>;

/** `*` is any run of characters, `[5-9]` one of a range; everything else is itself. */
const compile = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'i');

const letters = (pattern: string): number => pattern.replaceAll('*', '').replaceAll(/\[[^\]]*\]/g, 'x').length;

const anyOf = (list: readonly string[]): ((model: string) => boolean) => {
  const compiled = list.map(compile);
  return (model) => compiled.some((pattern) => pattern.test(model));
};

/** @throws with the place of the fault: a catalogue that is half read would misjudge every model */
export const parseCatalogue = (text: string): Catalogue => {
  const catalogue = CatalogueSchema.parse(parse(text));
  const named = [...catalogue.from_price.map(({ tier }) => tier), catalogue.unknown];
  const missing = named.find((tier) => !(tier in catalogue.tiers));
  if (missing !== undefined) throw new RangeError(`catalogue: there is no tier ${missing}`);
  return catalogue;
};

export const loadCatalogue = (path: string | URL): Catalogue => parseCatalogue(readFileSync(path, 'utf8'));

/**
 * Whether somebody vouches for a model as one to talk to today: a tier names it, and it is not among the exceptions. Price lists
 * also hold models for sound and pictures and models long retired.
 */
export const createIsNamed = ({ tiers, except }: Catalogue): ((model: string) => boolean) => {
  const named = anyOf(Object.values(tiers).flatMap(({ models }) => models));
  const excepted = anyOf(except);
  return (model) => named(model) && !excepted(model);
};

/** Dollars per million tokens, three parts input to one part output. */
const listPrice = (sheet: PriceSheet | undefined): number | undefined => {
  const input = sheet && basePrice(sheet.rates, 'input');
  const output = sheet && basePrice(sheet.rates, 'output');
  return typeof input === 'number' && typeof output === 'number' ? (3 * input + output) / 4e6 : undefined;
};

/** Models asked about are those on offer; what is remembered of them is bounded all the same. */
const MOST_REMEMBERED = 5000;

/** A pure function of model and price. Of the patterns that fit, the one with the most letters decides. */
export const createPriorOf = (catalogue: Catalogue): PriorOf => {
  const rules = Object.entries(catalogue.tiers)
    .flatMap(([tier, { models }]) => models.map((pattern) => ({ tier, fits: compile(pattern), pattern })))
    .toSorted((a, b) => letters(b.pattern) - letters(a.pattern));
  const steps = catalogue.from_price.toSorted((a, b) => b.at_least - a.at_least);
  const thinks = anyOf(catalogue.thinking.models);
  const doesNotThink = anyOf(catalogue.thinking.except);

  type Known = { readonly named: string | undefined; readonly factor: number };
  const remembered = new Map<string, Known>();
  const known = (model: string): Known => {
    const seen = remembered.get(model);
    if (seen) return seen;
    const factor = thinks(model) && !doesNotThink(model) ? catalogue.thinking.factor : 1;
    const found = { named: rules.find(({ fits }) => fits.test(model))?.tier, factor };
    if (remembered.size < MOST_REMEMBERED) remembered.set(model, found);
    return found;
  };

  return (model, sheet) => {
    const { named, factor } = known(model);
    const price = listPrice(sheet);
    const priced = price === undefined ? undefined : steps.find(({ at_least }) => price >= at_least)?.tier;
    const tier = catalogue.tiers[named ?? priced ?? catalogue.unknown];
    if (!tier) throw new RangeError(`catalogue: no tier for ${model}`);
    return {
      easy: tier.easy,
      hard: tier.hard,
      weight: named ? catalogue.weight.named : catalogue.weight.from_price,
      outputTokens: Math.round(tier.output_tokens * factor),
    };
  };
};
