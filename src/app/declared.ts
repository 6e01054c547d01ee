// Which model an id means where the operator has said so.
import type { Config } from '../config.ts';
import type { Canonicaliser } from '../market/identity.ts';

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
