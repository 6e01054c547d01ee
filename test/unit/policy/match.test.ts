import { describe, expect, it } from 'vitest';
import { match } from '../../../src/policy/match.ts';
import { policyOf, profileOf } from './texts.ts';

const ruleFor = (when: string, profile: Parameters<typeof profileOf>[0]): number =>
  match(policyOf(`rules:\n  - when: ${when}\n    objective: cheapest`), profileOf(profile)).rule;

describe('match', () => {
  it('gives the policy’s own plan when no rule holds', () => {
    const policy = policyOf('rules:\n  - when: { task: code }\n    objective: cheapest');
    expect(match(policy, profileOf())).toEqual({ rule: 0, plan: policy.plan });
  });

  it('lets the first of two rules win, and changes only what it names', () => {
    const policy = policyOf(
      'rules:\n  - when: { task: code }\n    objective: cheapest\n' +
        '  - when: { difficulty: ">= 0" }\n    objective: fastest',
    );
    expect(match(policy, profileOf({ task: 'code' }))).toEqual({
      rule: 1,
      plan: { ...policy.plan, objective: { kind: 'cheapest' } },
    });
    expect(match(policy, profileOf()).rule).toBe(2);
  });

  it.each([
    ['{ task: [code, math] }', { task: 'math' }, 1],
    ['{ task: [code, math] }', { task: 'chat' }, 0],
    ['{ difficulty: "> 0.7" }', { difficulty: 0.71 }, 1],
    ['{ difficulty: "> 0.7" }', { difficulty: 0.7 }, 0],
    ['{ task: code, difficulty: "> 0.7" }', { task: 'code', difficulty: 0.5 }, 0],
    ['{ task: code, difficulty: "> 0.7" }', { task: 'code', difficulty: 0.9 }, 1],
    ['{ language: [de, fr] }', { language: 'fr' }, 1],
    ['{ language: [de, fr] }', { language: 'en' }, 0],
    ['{ input_tokens: "> 8k" }', { inputTokens: 8001 }, 1],
    ['{ input_tokens: "> 8k" }', { inputTokens: 8000 }, 0],
    ['{ needs: vision }', { needs: { tools: false, vision: true, json: false, features: [] } }, 1],
    ['{ needs: [tools, vision] }', { needs: { tools: true, vision: false, json: false, features: [] } }, 1],
    ['{ needs: [tools, vision] }', { needs: { tools: false, vision: false, json: true, features: [] } }, 0],
  ] as const)('%s against %j is rule %i', (when, profile, rule) => expect(ruleFor(when, profile)).toBe(rule));
});
