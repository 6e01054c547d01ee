// What the configured providers sell: bundled rows and what the operator declares, as offers. What nobody configured sells is not on offer.
import type { DialectName, Feature } from '../core/dialect.ts';
import { type DataTerms, type ModelKey, type Offer, offerKey } from '../core/offer.ts';
import type { PicoUsdPerUnit } from '../core/money.ts';
import { primaryRows, type SnapshotRow } from './snapshot.ts';

/** An offer as the operator declares it. */
export type Declared = {
  readonly model: ModelKey;
  readonly wireId: string;
  readonly price?: {
    readonly input: PicoUsdPerUnit;
    readonly output: PicoUsdPerUnit;
    readonly cachedInput?: PicoUsdPerUnit;
  };
  readonly context?: number;
  readonly maxOutput?: number;
  readonly tools: boolean;
  readonly vision: boolean;
  readonly json: boolean;
  readonly reasoning: boolean;
  readonly continues?: boolean;
};

export type Seller = {
  readonly name: string;
  readonly dialect: DialectName;
  readonly expresses: ReadonlySet<Feature>;
  /** Output by a schema can be asked for at all. */
  readonly schemas: boolean;
  readonly data: DataTerms;
  readonly declared: readonly Declared[];
};

/** A context nobody has stated: small, because a prompt that does not fit is a failed call. */
const UNKNOWN_CONTEXT = 8_192;

const ofDeclared = (seller: Seller, declared: Declared): Offer => ({
  key: offerKey(seller.name, declared.model),
  provider: seller.name,
  model: declared.model,
  wireId: declared.wireId,
  dialect: seller.dialect,
  expresses: seller.expresses,
  context: declared.context ?? UNKNOWN_CONTEXT,
  ...(declared.maxOutput === undefined ? {} : { maxOutput: declared.maxOutput }),
  capabilities: {
    tools: declared.tools,
    vision: declared.vision,
    json: declared.json && seller.schemas,
    reasoning: declared.reasoning,
  },
  ...(declared.continues === true ? { continues: true } : {}),
  data: seller.data,
});

const ofRow = (seller: Seller, row: SnapshotRow): Offer => ({
  key: row.offer,
  provider: seller.name,
  model: row.model,
  wireId: row.wireId,
  dialect: seller.dialect,
  expresses: seller.expresses,
  context: row.context || UNKNOWN_CONTEXT,
  ...(row.maxOutput === undefined ? {} : { maxOutput: row.maxOutput }),
  capabilities: { ...row.capabilities, json: row.capabilities.json && seller.schemas },
  data: seller.data,
});

/** One offer per provider and model; what the operator declares stands before what is bundled. */
export const offersOf = (sellers: readonly Seller[], rows: readonly SnapshotRow[]): readonly Offer[] => {
  const primary = primaryRows(rows);
  return sellers.flatMap((seller) => {
    const declared = seller.declared.map((each) => ofDeclared(seller, each));
    const models = new Set(declared.map((offer) => offer.model));
    const bundled = primary.filter((row) => row.provider === seller.name && !models.has(row.model));
    return [...declared, ...bundled.map((row) => ofRow(seller, row))];
  });
};

const NOBODY: Omit<Seller, 'name'> = {
  dialect: 'chat',
  expresses: new Set(),
  schemas: true,
  data: { training: 'unknown', retention: 'unknown', regions: [], selfHosted: false },
  declared: [],
};

/** Authors whose own API goes by another name. */
const FIRST_PARTY: Readonly<Record<string, string>> = { google: 'gemini' };

export type ReferenceDeps = {
  readonly offers: readonly Offer[];
  readonly rows: readonly SnapshotRow[];
  readonly matches: (patterns: readonly string[], model: ModelKey) => boolean;
};

const MOST_REMEMBERED = 1_000;

/**
 * The offer a baseline is measured at: the author's own, sold here or not, else the first that is sold here. Its price is what
 * matters; unless it is sold here nothing is ever sent to it.
 */
export const createReferenceOffer = ({ offers, rows, matches }: ReferenceDeps) => {
  const isOwn = ({ provider, model }: { provider: string; model: string }): boolean => {
    const author = model.slice(0, model.indexOf('/'));
    return provider === (FIRST_PARTY[author] ?? author);
  };
  const own = primaryRows(rows).filter(isOwn);
  const remembered = new Map<ModelKey, Offer | undefined>();
  const find = (model: ModelKey): Offer | undefined => {
    const here = offers.filter((offer) => matches([model], offer.model));
    const row = own.find((each) => matches([model], each.model));
    return here.find(isOwn) ?? (row ? ofRow({ name: row.provider, ...NOBODY }, row) : here[0]);
  };
  return (model: ModelKey): Offer | undefined => {
    if (!remembered.has(model)) {
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(model, find(model));
    }
    return remembered.get(model);
  };
};
