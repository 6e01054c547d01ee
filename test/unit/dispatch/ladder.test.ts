import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILURE_KINDS, type FailureCause, type FailureKind } from '../../../src/core/failure.ts';
import type { Attempt } from '../../../src/core/outcome.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import type { Fallback } from '../../../src/core/policy.ts';
import { nextRung } from '../../../src/dispatch/ladder.ts';
import { hedgeRung } from '../../../src/dispatch/race.ts';
import { attemptOf, keyOf } from '../../support/ledger.ts';
import { sampleDecision, sampleOffer, samplePlan, sampleQuote, sampleRung } from '../../support/sample.ts';

/** Two providers sell two models each, the dearest rung has the largest context. */
const LADDER = [
  ['lumen:lumen/spark', 8_000],
  ['lumen:lumen/glow', 4_000],
  ['orion:lumen/spark', 16_000],
  ['orion:orion/titan', 200_000],
] as const;

const decide = (fallback: Partial<Fallback> = {}) =>
  sampleDecision(
    LADDER.map(([key, context]) => sampleRung(sampleQuote(sampleOffer(key, { context })))),
    { plan: samplePlan({ fallback: { ...samplePlan().fallback, ...fallback } }) },
  );

type Story = readonly (readonly [key: string, kind: FailureKind])[];

const attemptsOf = (story: Story): readonly Attempt[] =>
  story.map(([key, result], index) => attemptOf('r1', { attempt: index + 1, offer: keyOf(key), result }));

const after = (story: Story, cause?: Partial<FailureCause>, fallback?: Partial<Fallback>): string | undefined => {
  const kind = story.at(-1)?.[1] ?? 'transient';
  const full = cause && ({ sort: 'http', phase: 'headers', message: '', ...cause } as const);
  return nextRung({ decision: decide(fallback), attempts: attemptsOf(story), kind, cause: full })?.quote.offer.key;
};

describe('the next rung', () => {
  it('is the same offer once more after a transient fault, and never a third time', () => {
    expect(after([['lumen:lumen/spark', 'transient']])).toBe('lumen:lumen/spark');
    expect(
      after([
        ['lumen:lumen/spark', 'transient'],
        ['lumen:lumen/spark', 'transient'],
      ]),
    ).toBe('orion:lumen/spark');
  });

  it('is another offer when the door was shut, or when one attempt is left', () => {
    expect(after([['lumen:lumen/spark', 'transient']], { sort: 'network', phase: 'connect' })).toBe(
      'orion:lumen/spark',
    );
    const twice: Story = [
      ['orion:lumen/spark', 'overloaded'],
      ['lumen:lumen/spark', 'transient'],
    ];
    expect(after(twice)).toBe('lumen:lumen/glow');
    expect(after(twice, undefined, { attempts: 4 })).toBe('lumen:lumen/spark');
  });

  it('is never an offer that holds no more than one for which the request was too long, whatever came after', () => {
    const story: Story = [
      ['lumen:lumen/spark', 'context'],
      ['orion:lumen/spark', 'overloaded'],
    ];
    expect(after(story)).toBe('orion:orion/titan');
  });

  it.each(['overloaded', 'timeout', 'malformed', 'interrupted'] as const)(
    'is an offer of another provider at once after %s',
    (kind) => expect(after([['lumen:lumen/spark', kind]])).toBe('orion:lumen/spark'),
  );

  it('is the next offer, of whichever provider, when only this model is gone', () => {
    expect(after([['lumen:lumen/spark', 'model_gone']])).toBe('lumen:lumen/glow');
  });

  it.each(['caller', 'refused', 'cancelled'] as const)('is none after %s', (kind) =>
    expect(after([['lumen:lumen/spark', kind]])).toBeUndefined(),
  );

  it('follows a refusal only where the policy says so', () => {
    expect(after([['lumen:lumen/spark', 'refused']], undefined, { onRefusal: 'next' })).toBe('lumen:lumen/glow');
  });

  it.each(['credential', 'quota'] as const)('is at another provider after %s', (kind) =>
    expect(after([['lumen:lumen/spark', kind]])).toBe('orion:lumen/spark'),
  );

  it('does not come back to a provider whose account has failed', () => {
    const story: Story = [
      ['lumen:lumen/spark', 'credential'],
      ['orion:lumen/spark', 'overloaded'],
    ];
    expect(after(story)).toBe('orion:orion/titan');
    expect(after([...story, ['orion:orion/titan', 'overloaded']])).toBeUndefined();
  });

  it('is only one with a larger context after a prompt that was too long', () => {
    expect(after([['lumen:lumen/spark', 'context']])).toBe('orion:lumen/spark');
    expect(
      after([
        ['lumen:lumen/spark', 'context'],
        ['orion:lumen/spark', 'context'],
      ]),
    ).toBe('orion:orion/titan');
    expect(after([['orion:orion/titan', 'context']])).toBeUndefined();
  });

  it('waits out a short Retry-After only where the policy says so or nothing else is left', () => {
    const limited: Story = [['lumen:lumen/spark', 'rate_limited']];
    expect(after(limited, { retryAfterMs: 1_000 })).toBe('orion:lumen/spark');
    expect(after(limited, { retryAfterMs: 1_000 }, { onRateLimit: 'wait' })).toBe('lumen:lumen/spark');
    expect(after(limited, { retryAfterMs: 60_000 }, { onRateLimit: 'wait' })).toBe('orion:lumen/spark');
    expect(after(limited, undefined, { onRateLimit: 'wait' })).toBe('orion:lumen/spark');
    const last: Story = [
      ['lumen:lumen/spark', 'overloaded'],
      ['lumen:lumen/glow', 'overloaded'],
      ['orion:lumen/spark', 'overloaded'],
      ['orion:orion/titan', 'rate_limited'],
    ];
    expect(after(last, { retryAfterMs: 1_000 })).toBe('orion:orion/titan');
    expect(after(last, { retryAfterMs: 60_000 })).toBeUndefined();
  });

  it('is none after an offer that is not on the ladder', () => {
    expect(after([['quarry:quarry/slate', 'transient']])).toBeUndefined();
  });

  it('stays on the ladder and calls no offer a third time, whatever fails', () => {
    const kinds = fc.array(fc.constantFrom(...FAILURE_KINDS), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(kinds, fc.nat(5_000), fc.constantFrom('next', 'wait'), (fails, retryAfterMs, onRateLimit) => {
        const decision = decide({ onRateLimit, onRefusal: 'next' });
        const attempts: Attempt[] = [];
        let rung = decision.ladder[0];
        for (const kind of fails) {
          if (!rung) break;
          attempts.push(attemptOf('r1', { offer: rung.quote.offer.key, result: kind }));
          const cause: FailureCause = { sort: 'http', phase: 'headers', message: '', retryAfterMs };
          rung = nextRung({ decision, attempts, kind, cause });
          expect(rung === undefined || decision.ladder.includes(rung)).toBe(true);
        }
        const calls = Map.groupBy(attempts, ({ offer }) => offer);
        expect(Math.max(...[...calls.values()].map((list) => list.length))).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe('the rung of a second call', () => {
  const beside = (story: Story): string | undefined => {
    const decision = decide({ attempts: 9, hedge: nanoUsd(1e9) });
    const first = nextRung({
      decision,
      attempts: attemptsOf(story),
      kind: story.at(-1)?.[1] ?? 'transient',
      cause: undefined,
    });
    return first && hedgeRung(decision, first, attemptsOf(story))?.quote.offer.key;
  };

  it('holds more than one for which the request was too long', () => {
    expect(beside([['lumen:lumen/spark', 'context']])).toBe('orion:orion/titan');
  });

  it('is with no seller that has shut the account', () => {
    expect(beside([['lumen:lumen/spark', 'quota']])).toBe('orion:orion/titan');
    expect(beside([['orion:lumen/spark', 'quota']])).toBe('lumen:lumen/glow');
  });
});
