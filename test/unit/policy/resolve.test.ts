import { describe, expect, it } from 'vitest';
import { DEFAULT_PLAN } from '../../../src/policy/defaults.ts';
import { parsePolicy } from '../../../src/policy/parse.ts';
import { policyOf, policyText } from './texts.ts';

const BASE = `
require:
  data: { training: never, regions: [eu, us] }
  max_cost: $0.02
  max_input_price: $1/M
  providers: [openai, azure]
limits: { deadline: 60s, output_tokens: 4k, spend: $5/day }
`;

const ruleOver = (base: string, change: string) =>
  policyOf(`${base}rules:\n  - when: { task: code }\n    ${change}`).rules[0]?.change;

describe('a policy as resolved', () => {
  it('is the defaults where the file says nothing', () => {
    const policy = policyOf();
    expect(policy.plan).toEqual(DEFAULT_PLAN);
    expect(policy).toMatchObject({ name: 'test', about: 'A test.', rules: [], examples: [], storePrompts: false });
  });

  it('changes only the fields a file names', () => {
    const { plan } = policyOf('fallback: { attempts: 1 }\nlimits: { spend: $5/day }');
    expect(plan.fallback).toEqual({ ...DEFAULT_PLAN.fallback, attempts: 1 });
    expect(plan.limits).toEqual({
      deadlineMs: 120_000,
      streamDeadlineMs: 600_000,
      spend: { amount: 5_000_000_000, periodMs: 86_400_000 },
    });
    expect(plan.explore).toEqual(DEFAULT_PLAN.explore);
  });

  it('reads every form of objective', () => {
    const kinds = ['{ worth: $0.02 }', '{ budget: $40/day }', '{ floor: 0.95 of a/b }', 'order', 'cheapest', 'fastest'];
    expect(kinds.map((text) => policyOf(`objective: ${text}`).plan.objective)).toEqual([
      { kind: 'worth', amount: 20_000_000 },
      { kind: 'budget', amount: 40_000_000_000, periodMs: 86_400_000 },
      { kind: 'floor', share: 0.95, of: 'a/b' },
      { kind: 'order' },
      { kind: 'cheapest' },
      { kind: 'fastest' },
    ]);
  });

  it('gives a rule the sections it names, complete, and no other', () => {
    expect(ruleOver(BASE, 'fallback: { attempts: 1 }')).toEqual({
      fallback: { ...DEFAULT_PLAN.fallback, attempts: 1 },
    });
    expect(ruleOver(BASE, 'limits: { output_tokens: none }')).toEqual({
      limits: { deadlineMs: 60_000, streamDeadlineMs: 60_000, spend: { amount: 5_000_000_000, periodMs: 86_400_000 } },
    });
  });

  it('lets a rule narrow every requirement', () => {
    const change =
      'require: { data: { retention: none, regions: [eu], self_hosted: true }, max_cost: $0.01, ' +
      'max_input_price: $0.50/M, providers: [azure] }';
    expect(ruleOver(BASE, change)?.require).toEqual({
      training: 'never',
      retention: 'none',
      regions: ['eu'],
      selfHosted: true,
      maxCost: 10_000_000,
      maxInputPrice: 500_000,
      providers: ['azure'],
    });
  });

  it('never lets a rule widen one', () => {
    const change =
      'require: { data: { training: any, regions: any, self_hosted: false }, max_cost: $9, ' +
      'max_input_price: none, providers: [azure, openai, other] }';
    expect(ruleOver(BASE, change)?.require).toEqual({
      ...policyOf(BASE).plan.require,
      providers: ['azure', 'openai'],
    });
  });

  it.each([
    ['regions', 'require: { data: { regions: [ap] } }', 'rules[0].require.data.regions'],
    ['providers', 'require: { providers: [groq] }', 'rules[0].require.providers'],
  ])('refuses a rule that leaves no %s, since none would read as any', (_list, change, path) => {
    const parsed = parsePolicy(policyText(`${BASE}rules:\n  - when: { task: code }\n    ${change}`), 'test.yaml');
    expect(parsed.ok ? [] : parsed.problems).toEqual([
      expect.objectContaining({ path, message: expect.stringContaining('a rule can only narrow') }),
    ]);
  });

  it('notes the line of each example', () => {
    const policy = policyOf(
      'examples:\n  - { say: a, expect: { task: chat } }\n\n  - say: b\n    expect: { rule: none }',
    );
    expect(policy.examples.map(({ say, line }) => [say, line])).toEqual([
      ['a', 5],
      ['b', 7],
    ]);
  });
});

describe('the hash of a policy', () => {
  const hash = (added: string): string => policyOf(added).hash;

  it('is sixteen hexadecimal digits', () => expect(hash('')).toMatch(/^[0-9a-f]{16}$/));

  it('is the same for the same meaning, however it is written', () => {
    const forms = [
      'limits: { deadline: 120s, stream_deadline: 10m }\nobjective: { worth: $0.05 }',
      '# a comment\nobjective:\n  worth: "$0.050"\nlimits:\n  stream_deadline: 600s\n  deadline: 2m',
      'examples: [{ say: hi, expect: { task: chat } }]',
      '',
    ];
    expect(new Set(forms.map(hash)).size).toBe(1);
  });

  it.each(['limits: { deadline: 61s }', 'models: [a/b]', 'rules: [{ when: { task: code }, objective: cheapest }]'])(
    'changes with %s',
    (added) => expect(hash(added)).not.toBe(hash('')),
  );

  it('depends on the order of models and of rules, which mean something', () => {
    expect(hash('models: [a/b, a/c]')).not.toBe(hash('models: [a/c, a/b]'));
  });
});
