import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../src/core/chat.ts';
import { checkPolicies } from '../../../src/policy/check.ts';
import { policyOf, profileOf } from './texts.ts';

const RULES = 'rules:\n  - when: { task: code }\n    objective: cheapest\n';
const example = (expected: string): string => `${RULES}examples:\n  - { say: "Fix this", expect: ${expected} }`;
const missesOf = (expected: string, profile: Parameters<typeof profileOf>[0]) =>
  checkPolicies([policyOf(example(expected))], () => profileOf(profile)).flatMap(({ misses }) => misses);

describe('checking examples', () => {
  it('says where each example stands and what it found', () => {
    expect(checkPolicies([policyOf(example('{ rule: 1 }'))], () => profileOf({ task: 'code' }))).toEqual([
      { policy: 'test', file: 'test.yaml', line: 8, say: 'Fix this', misses: [], profile: profileOf({ task: 'code' }) },
    ]);
  });

  it('asks the classifier as a client would', () => {
    const asked: ChatRequest[] = [];
    checkPolicies([policyOf(example('{ rule: 1 }'))], (request) => {
      asked.push(request);
      return profileOf();
    });
    expect(asked).toEqual([
      expect.objectContaining({
        model: 'auto/test',
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'Fix this' }] }],
      }),
    ]);
  });

  it('names everything that is not as expected', () => {
    const expected = '{ rule: 1, task: code, difficulty: "> 0.5" }';
    expect(missesOf(expected, { difficulty: 0.2 })).toEqual([
      'expected rule 1, got none',
      'expected task code, got chat',
      'expected difficulty > 0.5, got 0.20',
    ]);
    expect(missesOf(expected, { task: 'code', difficulty: 0.6 })).toEqual([]);
    expect(missesOf('{ rule: none }', { task: 'code' })).toEqual(['expected rule none, got 1']);
  });
});
