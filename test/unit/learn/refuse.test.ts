import { describe, expect, it } from 'vitest';
import type { Rejection } from '../../../src/core/decision.ts';
import { refuse } from '../../../src/learn/refuse.ts';
import { sampleOffer } from '../../support/sample.ts';

const by = (constraint: Rejection['by'], change: Partial<Rejection> = {}): Rejection => ({
  offer: sampleOffer().key,
  by: constraint,
  detail: 'needs 9000 tokens, holds 8192',
  ...change,
});
const refused = (...rejected: readonly Rejection[]) => refuse({ rejected, at: 1_000 });

describe('a request nobody may take', () => {
  it('is too long where that alone is the reason', () => {
    expect(refused(by('context'), by('context'), by('capability'))).toMatchObject({
      code: 'context_length_exceeded',
      message: expect.stringContaining('needs 9000 tokens, holds 8192'),
      detail: { param: 'messages' },
    });
  });

  it('asks for what nobody takes where that alone is the reason, and names the field', () => {
    const detail = 'cannot express field:guided_regex';
    expect(refused(by('feature', { detail }))).toMatchObject({
      code: 'unsupported_parameter',
      message: expect.stringContaining(detail),
      detail: { param: 'guided_regex' },
    });
  });

  it.each<[string, readonly Rejection[]]>([
    ['a requirement of the policy stands in the way too', [by('context'), by('data')]],
    ['nobody is configured', []],
    ['only capabilities are missing', [by('capability')]],
  ])('has no candidate where %s', (_, rejected) => {
    expect(refused(...rejected)).toMatchObject({ code: 'no_candidate', detail: {} });
  });

  it('may come again when the first that is left alone may be asked again', () => {
    const sick = [by('health', { untilMs: 9_000 }), by('health', { untilMs: 5_000 }), by('context')];
    expect(refused(...sick).detail.retryAfterMs).toBe(4_000);
    expect(refused(by('health')).detail.retryAfterMs).toBe(1_000);
  });
});
