// The hard constraints, in the order they are tested. Each says why an offer may not serve a request; nothing later can undo it.
import type { DialectName, Feature } from '../core/dialect.ts';
import type { Constraint, Quote } from '../core/decision.ts';
import { formatUsd } from '../core/money.ts';
import type { Offer } from '../core/offer.ts';
import type { Requirements } from '../core/policy.ts';
import type { PriceSheet, Rate } from '../core/price.ts';
import type { Profile } from '../core/profile.ts';
import type { LatencyEstimate } from './latency-estimate.ts';

export type Subject = {
  readonly offer: Offer;
  readonly require: Requirements;
  readonly profile: Profile;
  /** What the client speaks: fields we do not know pass only to a provider that speaks it too. */
  readonly dialect: DialectName;
};
export type Priced = Subject & {
  readonly quote: Quote;
  /** undefined: nobody has measured it, here or elsewhere. */
  readonly firstToken: LatencyEstimate['judged'];
};

type Test<T> = { readonly by: Constraint; readonly fails: (subject: T) => string | undefined };

const listPrice = (sheet: PriceSheet, meter: Rate['meter']): number =>
  Math.max(
    0,
    ...sheet.rates
      .filter((rate) => rate.meter === meter && (rate.tier ?? 'standard') === 'standard')
      .map((rate) => rate.price ?? 0),
  );

const canSay = (offer: Offer, feature: Feature, dialect: DialectName): boolean =>
  feature.startsWith('field:') ? offer.dialect === dialect : offer.expresses.has(feature);

/** What can be said before a price is worked out. */
export const BEFORE_PRICING: readonly Test<Subject>[] = [
  {
    by: 'provider',
    fails: ({ offer, require }) =>
      require.providers.length > 0 && !require.providers.includes(offer.provider)
        ? `${offer.provider} is not among the policy's providers`
        : undefined,
  },
  {
    by: 'capability',
    fails: ({ offer, profile }) => {
      const lacks = (['tools', 'vision', 'json'] as const).filter(
        (need) => profile.needs[need] && !offer.capabilities[need],
      );
      return lacks.length > 0 ? `lacks ${lacks.join(', ')}` : undefined;
    },
  },
  {
    by: 'feature',
    fails: ({ offer, profile, dialect }) => {
      const mute = profile.needs.features.filter((feature) => !canSay(offer, feature, dialect));
      return mute.length > 0 ? `cannot express ${mute.join(', ')}` : undefined;
    },
  },
  {
    by: 'context',
    fails: ({ offer, profile }) => {
      const needed = profile.inputTokens + (profile.maxOutputTokens ?? 0);
      return needed > offer.context ? `needs ${needed} tokens, holds ${offer.context}` : undefined;
    },
  },
  {
    by: 'data',
    fails: ({ offer, require }) => {
      if (require.selfHosted && !offer.data.selfHosted) return 'is not self-hosted';
      if (require.training === 'never' && offer.data.training !== 'never')
        return `training on data: ${offer.data.training}`;
      if (require.retention === 'none' && offer.data.retention !== 'none') return `retention: ${offer.data.retention}`;
      return undefined;
    },
  },
  {
    by: 'region',
    fails: ({ offer, require }) => {
      if (require.regions.length === 0) return undefined;
      // Every region it may serve from must be allowed: one that also serves elsewhere gives no promise.
      const known =
        offer.data.regions.length > 0 && offer.data.regions.every((region) => require.regions.includes(region));
      return known ? undefined : `serves from ${offer.data.regions.join(', ') || 'an unknown region'}`;
    },
  },
];

/** What needs the quote. */
export const AFTER_PRICING: readonly Test<Priced>[] = [
  {
    by: 'price_ceiling',
    fails: ({ quote, require }) => {
      if (require.maxInputPrice !== undefined && listPrice(quote.sheet, 'input') > require.maxInputPrice)
        return 'input price above the ceiling';
      if (require.maxOutputPrice !== undefined && listPrice(quote.sheet, 'output') > require.maxOutputPrice)
        return 'output price above the ceiling';
      return undefined;
    },
  },
  {
    by: 'max_cost',
    fails: ({ quote, require }) =>
      require.maxCost !== undefined && quote.costP90 > require.maxCost
        ? `may cost ${formatUsd(quote.costP90)}, limit ${formatUsd(require.maxCost)}`
        : undefined,
  },
  {
    by: 'first_token',
    // An offer nobody has measured gets its chance: unknown is not slow. A feed measures from elsewhere, so only its median counts.
    fails: ({ require, firstToken }) =>
      require.firstTokenMs !== undefined && firstToken && firstToken.firstTokenMs > require.firstTokenMs
        ? `first token ${firstToken.by === 'feed' ? 'median of a feed' : 'p95'} ${Math.round(firstToken.firstTokenMs)} ms, limit ${require.firstTokenMs} ms`
        : undefined,
  },
];

export const firstFailure = <T>(
  tests: readonly Test<T>[],
  subject: T,
): { readonly by: Constraint; readonly detail: string } | undefined => {
  for (const { by, fails } of tests) {
    const detail = fails(subject);
    if (detail !== undefined) return { by, detail };
  }
  return undefined;
};
