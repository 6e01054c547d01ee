// From the configuration to providers that can be called and the offers they sell.
import { createProvider, expressesOf } from '../adapters/providers.ts';
import { KNOWN_PROVIDERS } from '../adapters/known.ts';
import type { Transport } from '../adapters/transport.ts';
import type { Config, ProviderConfig } from '../config.ts';
import type { Clock, Provider } from '../core/ports.ts';
import type { Canonicaliser } from '../market/identity.ts';
import type { Declared, Seller } from '../market/offers.ts';

const declaredOf = ({ offers }: ProviderConfig): readonly Declared[] =>
  offers.map(({ model, wire_id, context, max_output, tools, vision, json, reasoning }) => ({
    model,
    wireId: wire_id,
    tools,
    vision,
    json,
    reasoning,
    ...(typeof context === 'number' ? { context } : {}),
    ...(typeof max_output === 'number' ? { maxOutput: max_output } : {}),
  }));

export const sellersOf = ({ providers }: Config): readonly Seller[] =>
  providers.map((provider) => ({
    name: provider.name,
    dialect: provider.dialect,
    expresses: expressesOf(provider),
    schemas:
      (Object.hasOwn(KNOWN_PROVIDERS, provider.name) ? KNOWN_PROVIDERS[provider.name]?.schemas : undefined) ?? true,
    data: provider.data,
    declared: declaredOf(provider),
  }));

export const providersOf = ({ providers }: Config, transport: Transport, clock: Clock): ReadonlyMap<string, Provider> =>
  new Map(
    providers.map(({ name, dialect, baseUrl, key }) => [
      name,
      createProvider({ name, dialect, baseUrl, transport, clock, ...(key === undefined ? {} : { key }) }),
    ]),
  );

/** What the operator declares decides before any rule: a declared wire id is the declared model. */
export const declaredFirst = ({ providers }: Config, canonicalise: Canonicaliser): Canonicaliser => {
  const declared = new Map(
    providers.flatMap(({ name, offers }) => offers.map(({ wire_id, model }) => [`${name} ${wire_id}`, model] as const)),
  );
  return (provider, wireId) => {
    const model = declared.get(`${provider} ${wireId}`);
    return model ? { model, variants: [], known: true } : canonicalise(provider, wireId);
  };
};
