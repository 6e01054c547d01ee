import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouterError } from '../../../src/core/errors.ts';
import type { Plan, Policy } from '../../../src/core/policy.ts';
import { addressOf, type PolicyBook } from '../../../src/policy/address.ts';
import { samplePlan } from '../../support/sample.ts';

const policyOf = (name: string, plan: Partial<Plan> = {}): Policy => ({
  name,
  about: '',
  hash: name,
  plan: samplePlan(plan),
  rules: [],
  examples: [],
  storePrompts: false,
});

const bookOf = (...policies: readonly Policy[]): PolicyBook => ({
  get: (name) => policies.find((policy) => policy.name === name),
  list: () => policies,
});

const anyone = { id: 'local', policies: [] };
const requiring = (providers: readonly string[]): Partial<Plan> => ({
  require: { ...samplePlan().require, training: 'never', regions: ['eu'], providers },
  feedback: { halfLifeMs: 1, holdout: 0.1 },
});
const book = bookOf(policyOf('auto', requiring([])), policyOf('code'));

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof RouterError ? error.code : String(error);
  }
  return 'no error';
};

/** The plan of an address that names a model. */
const planOf = (model: string, policies: PolicyBook = book): Plan => {
  const address = addressOf(model, policies, anyone);
  if (address.to !== 'model') throw new Error(`${model} is not a model`);
  return address.plan;
};

describe('what a model name means', () => {
  it('auto is the default policy, auto/name the one of that name', () => {
    expect(addressOf('auto', book, anyone)).toEqual({ to: 'policy', policy: book.get('auto') });
    expect(addressOf('auto/code', book, anyone)).toEqual({ to: 'policy', policy: book.get('code') });
  });

  it('author/name is that model wherever it is cheapest, within what the default policy requires', () => {
    expect(planOf('lumen/spark')).toMatchObject({
      models: ['lumen/spark'],
      objective: { kind: 'cheapest' },
      require: { training: 'never', regions: ['eu'], providers: [] },
      // A model somebody named is never swapped for a control group.
      feedback: { holdout: 0 },
    });
  });

  it('provider:author/name is that offer', () => {
    expect(planOf('orion:lumen/spark')).toMatchObject({ models: ['lumen/spark'], require: { providers: ['orion'] } });
  });

  it.each(['gpt', 'auto/none', '', 'a b/c', 'orion:', 'https://x/y'])('%j names nothing', (model) => {
    expect(codeOf(() => addressOf(model, book, anyone))).toBe('model_not_found');
  });

  it('says which policies there are', () => {
    expect(() => addressOf('auto/none', book, anyone)).toThrow(
      'there is no policy "none"; there are: auto, auto/auto, auto/code',
    );
  });

  it('takes no glob for a model', () => {
    expect(codeOf(() => addressOf('lumen/*', book, anyone))).toBe('model_not_found');
  });
});

describe('a named provider', () => {
  const narrow = bookOf(policyOf('auto', requiring(['lumen', 'orion'])));

  it("narrows the policy's providers to itself", () => {
    expect(planOf('orion:lumen/spark', narrow).require.providers).toEqual(['orion']);
    expect(planOf('lumen/spark', narrow).require.providers).toEqual(['lumen', 'orion']);
  });

  it('is refused where the policy does not have it', () => {
    expect(codeOf(() => addressOf('quarry:lumen/spark', narrow, anyone))).toBe('model_not_allowed');
  });

  it('never widens them, whatever is written', () => {
    const names = fc.constantFrom('lumen', 'orion', 'quarry', 'p1');
    fc.assert(
      fc.property(fc.uniqueArray(names), names, (allowed, provider) => {
        const policies = bookOf(policyOf('auto', requiring(allowed)));
        const model = `${provider}:lumen/spark`;
        const permitted = allowed.length === 0 || allowed.includes(provider);
        expect(codeOf(() => addressOf(model, policies, anyone))).toBe(permitted ? 'no error' : 'model_not_allowed');
        expect(permitted ? planOf(model, policies).require.providers : [provider]).toEqual([provider]);
      }),
    );
  });
});

describe('a key that may use some policies only', () => {
  const caller = { id: 'key-1', policies: ['code'] };

  it('gets those and no others', () => {
    expect(addressOf('auto/code', book, caller)).toMatchObject({ to: 'policy', policy: { name: 'code' } });
    expect(codeOf(() => addressOf('auto', book, caller))).toBe('model_not_allowed');
  });

  it('cannot name models, because those go by the default policy', () => {
    expect(codeOf(() => addressOf('lumen/spark', book, caller))).toBe('model_not_allowed');
    expect(codeOf(() => addressOf('orion:lumen/spark', book, caller))).toBe('model_not_allowed');
  });
});
