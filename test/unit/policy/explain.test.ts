import { describe, expect, it } from 'vitest';
import { explainPolicy } from '../../../src/policy/explain.ts';
import { parsePolicy } from '../../../src/policy/parse.ts';
import { policyOf } from './texts.ts';

describe('explain', () => {
  it('prints every default, with its unit', () => {
    expect(explainPolicy(policyOf()).json).toEqual({
      version: 1,
      name: 'test',
      about: 'A test.',
      models: ['*/*'],
      require: {
        data: { training: 'any', retention: 'any', regions: 'any', self_hosted: false },
        max_cost: 'none',
        first_token: 'none',
        max_input_price: 'none',
        max_output_price: 'none',
        providers: 'any',
      },
      objective: { worth: '$0.05' },
      price_of_a_second: '$0.0001',
      explore: { share: '2%', spend: '$1/day', floor: '80%' },
      fallback: { attempts: 3, on_rate_limit: 'next', on_refusal: 'stop', stream: 'fail', hedge: 'off' },
      limits: { deadline: '2m', stream_deadline: '10m', output_tokens: 'none', spend: 'none' },
      feedback: { half_life: '14d', holdout: '1%', baseline: 'none', weights: {}, judge: 'off' },
      rules: [],
      store: { prompts: 'never' },
      examples: [],
    });
  });

  it('prints a rule with what it comes to, its requirements narrowed', () => {
    const policy = policyOf(
      'require: { max_cost: $0.02 }\nlimits: { spend: $1/day }\nrules:\n' +
        '  - when: { needs: json, input_tokens: "> 8k" }\n    require: { max_cost: $1 }\n' +
        '    limits: { output_tokens: 1k }',
    );
    expect(explainPolicy(policy).json['rules']).toEqual([
      {
        when: { needs: ['json'], input_tokens: '> 8k' },
        require: expect.objectContaining({ max_cost: '$0.02' }),
        limits: { deadline: '2m', stream_deadline: '10m', output_tokens: '1k' },
      },
    ]);
  });

  it('prints a policy file that means the same', () => {
    const policy = policyOf('objective: { floor: 0.95 of openai/gpt-5.2 }\nrequire: { data: { regions: [eu] } }');
    const { yaml, hash } = explainPolicy(policy);
    const again = parsePolicy(yaml, 'test.yaml');
    expect(again.ok && again.policy).toEqual(policy);
    expect(yaml).toContain(hash);
  });
});
