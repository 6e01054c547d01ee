import { describe, expect, it } from 'vitest';
import { nanoUsd } from '../../../src/core/money.ts';
import { wholeAnswerTokens, worstCost } from '../../../src/core/outcome.ts';
import { attemptOf, keyOf, outcomeOf } from '../../support/ledger.ts';

describe('the length of a whole answer', () => {
  const long = attemptOf('r1', { usage: { input: 10, output: 40, reasoning: 60 } });

  it('counts what was written and what was thought, when the answer came to its own end', () => {
    expect(wholeAnswerTokens(outcomeOf('r1', { attempts: [long] }))).toBe(100);
    expect(wholeAnswerTokens(outcomeOf('r1', { attempts: [long], finish: 'tool_calls' }))).toBe(100);
  });

  it('is unknown of an answer that was cut short', () => {
    expect(wholeAnswerTokens(outcomeOf('r1', { attempts: [long], finish: 'length' }))).toBeUndefined();
    expect(wholeAnswerTokens(outcomeOf('r1', { attempts: [long], finish: 'content_filter' }))).toBeUndefined();
    expect(wholeAnswerTokens(outcomeOf('r1', { attempts: [long], status: 'cancelled' }))).toBeUndefined();
  });

  it('is that of the offer that answered, not of those that failed before', () => {
    const failed = attemptOf('r1', { result: 'interrupted', usage: { output: 7 } });
    const good = attemptOf('r1', { attempt: 2, offer: keyOf('orion:orion/titan'), usage: { output: 50 } });
    expect(wholeAnswerTokens(outcomeOf('r1', { attempts: [failed, good] }))).toBe(50);
    expect(wholeAnswerTokens(outcomeOf('r1', { attempts: [failed], offer: failed.offer }))).toBeUndefined();
  });

  it('is unknown where nothing was counted', () => {
    expect(wholeAnswerTokens(outcomeOf('r1', { attempts: [attemptOf('r1', { usage: {} })] }))).toBeUndefined();
  });
});

describe('the most a request may have cost', () => {
  it('takes calls that were never answered at their reservation', () => {
    const silent = attemptOf('r1', { result: 'timeout', cost: nanoUsd(9_000), costStatus: 'ambiguous' });
    const good = attemptOf('r1', { attempt: 2, cost: nanoUsd(1_000) });
    expect(worstCost(outcomeOf('r1', { attempts: [silent, good], cost: nanoUsd(1_000) }))).toBe(10_000);
    expect(worstCost(outcomeOf('r1', { attempts: [] }))).toBe(0);
  });
});
