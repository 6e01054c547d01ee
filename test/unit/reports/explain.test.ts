import { describe, expect, it } from 'vitest';
import type { RequestView } from '../../../src/core/ledger.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import { explain } from '../../../src/reports/explain.ts';
import { attemptOf, fullDecision, keyOf, outcomeOf } from '../../support/ledger.ts';
import { sampleDecision, sampleOffer, sampleQuote, sampleRung } from '../../support/sample.ts';

const view = (): RequestView => ({
  decision: fullDecision('r9'),
  caller: 'key-1',
  dispatches: [],
  outcome: outcomeOf('r9', {
    attempts: [
      attemptOf('r9', {
        result: 'rate_limited',
        cost: nanoUsd(0),
        cause: { sort: 'http', phase: 'headers', status: 429, message: 'slow' },
      }),
      attemptOf('r9', { attempt: 2, offer: keyOf('orion:orion/titan'), cost: nanoUsd(2_500_000), firstTokenMs: 310 }),
    ],
    baselineCost: nanoUsd(4_000_000),
  }),
  feedback: [{ requestId: 'r9', source: 'user', score: 0.5, at: 0 }],
});

describe('an explanation', () => {
  it('of a decision prints the quotes, the reason, the flip condition and who was removed', () => {
    const { text, quotes } = explain(fullDecision('r9'));
    expect(text).toContain('Request r9, 2026-11-24T12:00:00.000Z: chat, difficulty 0.20, policy auto, rule 2');
    expect(text).toContain('Went to lumen:lumen/spark, because it had the highest utility');
    expect(text).toMatch(
      /lumen:lumen\/spark +\$1 \/ \$2 +\$0\.0005 +0\.800 ± 0\.100 +0\.800 +3\.00 s +\$0\.0123 +100\.0 %/,
    );
    expect(text).toContain('orion:orion/titan would not go first even for nothing');
    expect(text).toMatch(/context +1 +orion:orion\/mini +needs 200 000 tokens/);
    expect(text).not.toContain('Attempts');
    expect(quotes[1]).toMatchObject({ inputPrice: 5, outputPrice: 20, cost: 0.0045 });
  });

  it('names the price at which another offer would have gone first', () => {
    const decision = fullDecision('r9');
    const [first, second] = decision.ladder;
    if (!first || !second) throw new Error('two rungs');
    const close = { ...second, utility: first.utility - 0.00054 };
    const { text } = explain({ ...decision, ladder: [first, close] });
    expect(text).toContain('goes to orion:orion/titan if its price falls below $0.00396 for this request (−12.0 %)');
    expect(text).toContain('stays at lumen:lumen/spark until its own price rises above $0.00104 (+108.0 %)');
  });

  it('of a request adds its attempts, outcome and feedback', () => {
    const { text, attempts, outcome } = explain(view());
    expect(text).toMatch(/1 {2}lumen:lumen\/spark +rate_limited \(429\) +\$0 +exact/);
    expect(text).toMatch(/2 {2}orion:orion\/titan +ok +\$0\.0025 +exact +0\.31 s +0\.80 s/);
    expect(text).toContain('ok at orion:orion/titan for $0.0025, exact; the baseline would have cost $0.004');
    expect(text).toContain('user: 0.5');
    expect(attempts).toHaveLength(2);
    expect(outcome).toEqual({
      status: 'ok',
      offer: 'orion:orion/titan',
      cost: 0.0025,
      costStatus: 'exact',
      baselineCost: 0.004,
    });
  });

  it.each([
    ['explored', 'to learn'],
    ['holdout', 'control group'],
    ['pinned', 'because the caller named it'],
    ['fallback_only', 'nothing better could be tried'],
  ] as const)('says in plain words why: %s', (reason, words) => {
    expect(explain({ ...fullDecision('r9'), reason }).why).toContain(words);
  });

  it('stays short where a hundred offers compete, and keeps them all for programs', () => {
    const keys = Array.from({ length: 100 }, (_, index) => `p${index}:lumen/spark`);
    const ladder = keys.map((key, index) => sampleRung(sampleQuote(sampleOffer(key)), -index / 1000));
    const removed = keys
      .slice(0, 8)
      .map((key) => ({ offer: keyOf(key), by: 'data' as const, detail: 'retention: unknown' }));
    const sick = { offer: keyOf('p9:lumen/spark'), by: 'health' as const, detail: 'open: 500' };
    const { text, quotes, ...all } = explain(sampleDecision(ladder, { rejected: [...removed, sick] }));
    expect(text.match(/^p\d+:lumen\/spark +\$1/gm)).toHaveLength(12);
    expect(text).toMatch(/^p0:lumen\/spark /m);
    expect(text).toContain('… and 88 more quotes; --json has them all');
    expect(text).toMatch(/p1:lumen\/spark, .* and 94 more would not go first even for nothing/);
    expect(text).toMatch(/^data +8 +p0:lumen\/spark +retention: unknown$/m);
    expect(text).toMatch(
      /^ +p4:lumen\/spark +retention: unknown\n +… and 3 more\nhealth +1 +p9:lumen\/spark +open: 500$/m,
    );
    expect(text.split('\n').length).toBeLessThan(40);
    expect(quotes).toHaveLength(100);
    expect(all.removed).toHaveLength(9);
    expect(all.flips.never).toHaveLength(99);
  });

  it('survives a decision that has no quote', () => {
    expect(explain(sampleDecision([])).text).toContain('Went to no offer');
  });
});
