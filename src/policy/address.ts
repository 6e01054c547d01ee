// What a caller's `model` means: a policy, a model wherever it is best, or one offer.
import type { Caller } from '../core/ask.ts';
import { RouterError } from '../core/errors.ts';
import { isModelKey, isOfferKey } from '../core/offer.ts';
import type { Plan, Policy } from '../core/policy.ts';

/** Names the policy that serves `auto`, and whose requirements bind requests for a named model. */
export const DEFAULT_POLICY = 'auto';

export type Address =
  | { readonly to: 'policy'; readonly policy: Policy }
  /** A named model or offer: the default policy's requirements and limits hold, its choice of models and its rules do not. */
  | { readonly to: 'model'; readonly policy: Policy; readonly plan: Plan; readonly provider?: string };

export type PolicyBook = { get(name: string): Policy | undefined; list(): readonly Policy[] };

/** Naming a provider narrows the policy's own list of providers, and never widens it. */
const narrowed = (policy: Policy, provider: string | undefined): readonly string[] => {
  const { providers } = policy.plan.require;
  if (provider === undefined) return providers;
  if (providers.length > 0 && !providers.includes(provider))
    throw new RouterError(
      'model_not_allowed',
      `the policy "${policy.name}" does not allow the provider "${provider}"`,
      {
        param: 'model',
      },
    );
  return [provider];
};

const pinned = (policy: Policy, model: string, provider?: string): Plan => ({
  ...policy.plan,
  models: [model],
  objective: { kind: 'cheapest' },
  require: { ...policy.plan.require, providers: narrowed(policy, provider) },
  feedback: { ...policy.plan.feedback, holdout: 0 },
});

const policyNamed = (book: PolicyBook, name: string): Policy => {
  const policy = book.get(name);
  if (policy) return policy;
  const names = book.list().map((each) => `auto/${each.name}`);
  throw new RouterError('model_not_found', `there is no policy "${name}"; there are: auto, ${names.join(', ')}`, {
    param: 'model',
  });
};

const permit = (caller: Caller, policy: Policy): Policy => {
  if (caller.policies.length === 0 || caller.policies.includes(policy.name)) return policy;
  throw new RouterError('model_not_allowed', `this key may not use the policy "${policy.name}"`, { param: 'model' });
};

/** @throws RouterError model_not_found or model_not_allowed */
export const addressOf = (model: string, book: PolicyBook, caller: Caller): Address => {
  if (model === 'auto') return { to: 'policy', policy: permit(caller, policyNamed(book, DEFAULT_POLICY)) };
  if (model.startsWith('auto/'))
    return { to: 'policy', policy: permit(caller, policyNamed(book, model.slice('auto/'.length))) };
  const policy = permit(caller, policyNamed(book, DEFAULT_POLICY));
  if (isOfferKey(model)) {
    const colon = model.indexOf(':');
    const provider = model.slice(0, colon);
    return { to: 'model', policy, plan: pinned(policy, model.slice(colon + 1), provider), provider };
  }
  if (isModelKey(model)) return { to: 'model', policy, plan: pinned(policy, model) };
  const forms = 'auto, auto/<policy>, author/name or provider:author/name';
  throw new RouterError('model_not_found', `"${model}" names no model; write ${forms}`, { param: 'model' });
};
