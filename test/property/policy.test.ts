import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Requirements } from '../../src/core/policy.ts';
import { explainPolicy } from '../../src/policy/explain.ts';
import { match } from '../../src/policy/match.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { formatProblem } from '../../src/policy/yaml-file.ts';
import { file, profile, requirements, sections } from '../unit/policy/arbitraries.ts';

/** The policy of generated contents; undefined where a rule leaves nothing in common with it and is rightly refused. */
const resolved = (contents: unknown) => {
  const parsed = parsePolicy(stringify(contents), 'test.yaml');
  if (parsed.ok) return parsed.policy;
  const others = parsed.problems.filter(({ message }) => !message.startsWith('a rule can only narrow'));
  if (others.length > 0) throw new Error(others.map(formatProblem).join('\n'));
  return undefined;
};

const within = (inner: readonly string[], outer: readonly string[]): boolean =>
  outer.length === 0 || (inner.length > 0 && inner.every((name) => outer.includes(name)));
const atMost = (inner: number | undefined, outer: number | undefined): boolean =>
  outer === undefined || (inner !== undefined && inner <= outer);

/** Whatever `inner` lets through, `outer` lets through. */
const isAsStrict = (inner: Requirements, outer: Requirements): boolean =>
  (outer.training === 'any' || inner.training === 'never') &&
  (outer.retention === 'any' || inner.retention === 'none') &&
  (!outer.selfHosted || inner.selfHosted) &&
  within(inner.regions, outer.regions) &&
  within(inner.providers, outer.providers) &&
  atMost(inner.maxCost, outer.maxCost) &&
  atMost(inner.firstTokenMs, outer.firstTokenMs) &&
  atMost(inner.maxInputPrice, outer.maxInputPrice) &&
  atMost(inner.maxOutputPrice, outer.maxOutputPrice);

// Each reads hundreds of whole files; the limit is for a busy machine, not a measure.
const PATIENCE = { timeout: 120_000 };

describe('any policy', PATIENCE, () => {
  it('matches every profile: one rule, or none, and always a whole plan', () => {
    fc.assert(
      fc.property(file, profile, (contents, asked) => {
        const policy = resolved(contents);
        if (!policy) return;
        const { rule, plan } = match(policy, asked);
        expect(rule).toBeGreaterThanOrEqual(0);
        expect(rule).toBeLessThanOrEqual(policy.rules.length);
        expect(Object.keys(plan).sort()).toEqual(Object.keys(policy.plan).sort());
        expect(plan).toEqual({ ...policy.plan, ...policy.rules[rule - 1]?.change });
      }),
      { numRuns: 200 },
    );
  });

  it('is never widened by a rule', () => {
    let narrowed = 0;
    fc.assert(
      fc.property(requirements, fc.array(requirements, { minLength: 1, maxLength: 4 }), (base, changes) => {
        const rules = changes.map((require) => ({ when: { task: 'code' }, require }));
        const policy = resolved({ version: 1, name: 'test', about: 'x', require: base, rules });
        for (const { change } of policy?.rules ?? []) {
          narrowed += 1;
          expect(change.require && policy && isAsStrict(change.require, policy.plan.require)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(narrowed).toBeGreaterThan(250);
  });

  it('is the same policy once printed and read again', () => {
    fc.assert(
      fc.property(file, (contents) => {
        const policy = resolved(contents);
        if (!policy) return;
        const again = parsePolicy(explainPolicy(policy).yaml, 'test.yaml');
        const unplaced = (examples: typeof policy.examples) => examples.map(({ line: _line, ...rest }) => rest);
        expect(again.ok && { ...again.policy, examples: unplaced(again.policy.examples) }).toEqual({
          ...policy,
          examples: unplaced(policy.examples),
        });
      }),
      { numRuns: 200 },
    );
  });
});

/** True of a policy, and of problems that a person could act on. */
const isAnswered = (text: string): boolean => {
  const parsed = parsePolicy(text, 'test.yaml');
  if (parsed.ok) return true;
  const isShown = parsed.problems.every(({ line, column, message }) => line >= 1 && column >= 1 && message !== '');
  return parsed.problems.length > 0 && isShown;
};

describe('any text', PATIENCE, () => {
  it('is a policy or has problems, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(isAnswered(text)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('made of YAML’s own signs is a policy or has problems', () => {
    const signs = '{}[]:,-#&*!|>?%@`"\' \n\t$a1~<'.split('');
    const part = fc.constantFrom(...signs, 'name', 'rules', '<<', '__proto__', ': ');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        expect(isAnswered(parts.join(''))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('of any value under any field of ours is a policy or has problems', () => {
    const key = fc.constantFrom(...Object.keys(sections), 'rules', 'limits', 'feedback', 'examples', 'store', 'name');
    const contents = fc.dictionary(key, fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(contents, (rest) => {
        expect(isAnswered(stringify({ version: 1, name: 'test', about: 'x', ...rest }))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
