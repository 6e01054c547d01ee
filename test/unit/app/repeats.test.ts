// When a question that comes again says something of the answer it had.
import { describe, expect, it } from 'vitest';
import { createRepeats } from '../../../src/app/repeats.ts';
import type { Feedback } from '../../../src/core/ledger.ts';
import { fullDecision, outcomeOf, START_MS } from '../../support/ledger.ts';
import { sampleProfile } from '../../support/sample.ts';

type Asked = {
  readonly id: string;
  readonly atS: number;
  readonly chain?: string;
  readonly turns?: number;
  readonly caller?: string;
  readonly status?: 'ok' | 'failed';
};

/** Each is asked at its second and answered a second later. */
const heard = (...all: readonly Asked[]) => {
  const said: Feedback[] = [];
  const repeats = createRepeats((feedback) => said.push(feedback));
  for (const { id, atS, chain = 'c0', turns = 2, caller = 'a', status = 'ok' } of all) {
    const at = START_MS + 1_000 * atS;
    const profile = sampleProfile({ turns, conversation: ['root', chain] });
    repeats.ended(fullDecision(id, { at, profile }), outcomeOf(id, { at: at + 1_000, caller, status }));
  }
  return said.map(({ requestId }) => requestId);
};

describe('a question asked again', () => {
  it('soon after its answer speaks against that answer', () => {
    expect(heard({ id: 'first', atS: 0 }, { id: 'again', atS: 20 })).toEqual(['first']);
  });

  it('at once, much later, or by somebody else says nothing', () => {
    expect(heard({ id: 'first', atS: 0 }, { id: 'again', atS: 2 })).toEqual([]);
    expect(heard({ id: 'first', atS: 0 }, { id: 'again', atS: 700 })).toEqual([]);
    expect(heard({ id: 'first', atS: 0 }, { id: 'again', atS: 20, caller: 'b' })).toEqual([]);
  });

  it('that went on from the answer is no repetition', () => {
    expect(heard({ id: 'first', atS: 0 }, { id: 'next', atS: 20, chain: 'c1' })).toEqual([]);
  });

  it('again and again is a program', () => {
    expect(heard(...[0, 20, 40, 60].map((atS) => ({ id: `r${atS}`, atS })))).toEqual(['r0']);
  });

  it('as a first question counts only as the very next thing its caller asks', () => {
    expect(heard({ id: 'first', atS: 0, turns: 1 }, { id: 'again', atS: 20, turns: 1 })).toEqual(['first']);
    const between = { id: 'other', atS: 10, turns: 1, chain: 'c9' };
    expect(heard({ id: 'first', atS: 0, turns: 1 }, between, { id: 'again', atS: 20, turns: 1 })).toEqual([]);
  });

  it('after a failure is a second try', () => {
    expect(heard({ id: 'first', atS: 0, status: 'failed' }, { id: 'again', atS: 20 })).toEqual([]);
  });
});
