// From the configuration to providers that can be called and the offers they sell.
import { createProvider, expressesOf } from '../adapters/providers.ts';
import { KNOWN_PROVIDERS } from '../adapters/known.ts';
import type { Transport } from '../adapters/transport.ts';
import type { Config, ProviderConfig } from '../config.ts';
import type { Billing, Clock, Provider } from '../core/ports.ts';
import type { Declared, Seller } from '../market/offers.ts';

const declaredOf = ({ offers }: ProviderConfig): readonly Declared[] =>
  offers.map(({ model, wire_id, context, max_output, tools, vision, json, reasoning, continues }) => ({
    model,
    wireId: wire_id,
    tools,
    vision,
    json,
    reasoning,
    ...(continues ? { continues } : {}),
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

/** What the operator says, else what is known of the provider, else the dearer of a cancelled answer. */
const billingOf = (name: string, said: ProviderConfig['billing']): Billing => {
  const known = Object.hasOwn(KNOWN_PROVIDERS, name) ? KNOWN_PROVIDERS[name]?.billing : undefined;
  return {
    onCancel: said?.on_cancel ?? known?.onCancel ?? 'continues',
    onError: said?.on_error ?? known?.onError ?? 'nothing',
  };
};

export const providersOf = ({ providers }: Config, transport: Transport, clock: Clock): ReadonlyMap<string, Provider> =>
  new Map(
    providers.map(({ name, dialect, baseUrl, key, billing }) => [
      name,
      createProvider({
        name,
        dialect,
        baseUrl,
        transport,
        clock,
        billing: billingOf(name, billing),
        ...(key === undefined ? {} : { key }),
      }),
    ]),
  );
