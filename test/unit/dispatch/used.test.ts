import { describe, expect, it } from 'vitest';
import type { FailureCause, FailureKind } from '../../../src/core/failure.ts';
import type { Billing } from '../../../src/core/ports.ts';
import type { Usage } from '../../../src/core/price.ts';
import { type Seen, usedBy } from '../../../src/dispatch/used.ts';
import { sampleOffer, sampleQuote } from '../../support/sample.ts';

const quote = sampleQuote(sampleOffer());
const cause = (change: Partial<FailureCause>): FailureCause => ({
  sort: 'cut',
  phase: 'stream',
  message: '',
  ...change,
});
const usage = (meters: Usage): Pick<Seen, 'usage'> => ({ usage: { type: 'usage', usage: meters } });
const STOPS: Billing = { onCancel: 'stops', onError: 'nothing' };
const GOES_ON: Billing = { onCancel: 'continues', onError: 'prompt' };
const used = (seen: Partial<Seen>, kind?: FailureKind, billing?: Billing) =>
  usedBy({ characters: 0, ...seen }, { quote, kind, billing });

describe('what a call used', () => {
  it('is what was reported, where that can be', () => {
    expect(used({ ...usage({ input: 90, output: 5 }), characters: 20, finish: 'stop' })).toEqual({
      usage: { input: 90, output: 5 },
      status: 'exact',
    });
  });

  it.each<[string, Usage]>([
    ['nothing at all for words that were written', {}],
    ['more than any context holds', { input: 10, output: 1e12 }],
    ['a prompt of a trillion tokens', { input: 1e12, output: 1 }],
  ])('is estimated where the report says %s', (_, meters) => {
    expect(used({ ...usage(meters), characters: 20, finish: 'stop' })).toEqual({
      usage: { input: 100, output: 5 },
      status: 'estimated',
    });
  });

  it.each<[string, Partial<Seen>, FailureKind, Billing | undefined, string, number | undefined]>([
    [
      'left in the middle, and the seller stops',
      { characters: 40, cause: cause({ sort: 'aborted' }) },
      'cancelled',
      STOPS,
      'estimated',
      10,
    ],
    [
      'left in the middle, and the seller goes on',
      { characters: 40, cause: cause({ sort: 'aborted' }) },
      'cancelled',
      GOES_ON,
      'ambiguous',
      10,
    ],
    [
      'left in the middle, and nobody knows',
      { characters: 40, cause: cause({ sort: 'aborted' }) },
      'cancelled',
      undefined,
      'ambiguous',
      10,
    ],
    [
      'left before a word, and the seller stops',
      { cause: cause({ sort: 'aborted', phase: 'headers' }) },
      'cancelled',
      STOPS,
      'estimated',
      0,
    ],
    [
      'left before it was sent',
      { cause: cause({ sort: 'aborted', phase: 'connect' }) },
      'cancelled',
      undefined,
      'exact',
      undefined,
    ],
    [
      'stalled in the middle, and the seller goes on',
      { characters: 40, cause: cause({ sort: 'timeout' }) },
      'timeout',
      GOES_ON,
      'ambiguous',
      10,
    ],
    [
      'silent until we left',
      { cause: cause({ sort: 'timeout', phase: 'headers' }) },
      'timeout',
      STOPS,
      'ambiguous',
      undefined,
    ],
    ['cut by the other side', { characters: 40, cause: cause({}) }, 'interrupted', GOES_ON, 'estimated', 10],
    [
      'an error, free of charge',
      { cause: cause({ sort: 'http', status: 500 }) },
      'transient',
      STOPS,
      'exact',
      undefined,
    ],
    [
      'an error that costs its prompt',
      { cause: cause({ sort: 'http', status: 500 }) },
      'transient',
      GOES_ON,
      'estimated',
      0,
    ],
    [
      'an error after some words',
      { characters: 40, cause: cause({ sort: 'inband' }) },
      'transient',
      STOPS,
      'estimated',
      10,
    ],
  ])('of a call %s', (_, seen, kind, billing, status, output) => {
    const found = used(seen, kind, billing);
    expect([found.status, found.usage.output]).toEqual([status, output]);
  });
});
