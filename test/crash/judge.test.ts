// What is said after a kill must be able to be wrong: each promise, broken by hand, is found.
import { describe, expect, it } from 'vitest';
import type { RequestView } from '../../src/core/ledger.ts';
import { nanoUsd } from '../../src/core/money.ts';
import type { Heard } from '../faults/client.ts';
import { attemptOf, fullDecision, keyOf, outcomeOf } from '../support/ledger.ts';
import { sampleProfile } from '../support/sample.ts';
import { type Aftermath, judgeKill } from './judge.ts';
import type { Asked } from './load.ts';

const NUMBER = 1_001;
const note = { requestId: 'r1', attempt: 1, at: 1, offer: keyOf('lumen:lumen/spark'), reserved: nanoUsd(7_000) };
const cut = attemptOf('r1', { result: 'interrupted', usage: {}, cost: nanoUsd(7_000), costStatus: 'ambiguous' });

const heard: Heard = {
  marker: '',
  status: 200,
  headers: { 'x-bourse-request-id': 'r1', 'x-bourse-attempts': '1' },
  body: '{}',
  ended: 'clean',
  sentAt: 0,
  firstContentAt: 1,
  endedAt: 10,
  leftAt: undefined,
};
const asked: Asked = { number: NUMBER, policy: 'open', stream: false, heard, judged: 1 };
const view: RequestView = {
  decision: fullDecision('r1', { profile: sampleProfile({ maxOutputTokens: NUMBER }) }),
  caller: 'key-1',
  dispatches: [note],
  outcome: outcomeOf('r1'),
  feedback: [{ requestId: 'r1', source: 'user', score: 1, at: 5 }],
};
const call: Aftermath['calls'][number] = {
  seller: 'lumen',
  model: 'lumen/spark',
  marker: '',
  stream: false,
  maxTokens: NUMBER,
  input: 10,
  at: 1,
  ended: 'complete',
  made: 5,
  planned: 5,
  status: 200,
  bytes: () => 1,
  bill: 1_000n,
  rule: { onCancel: 'stops', onError: 'nothing' },
};
const whole: Aftermath = { asked: [asked], views: [view], calls: [call], said: '', killedAt: 20 };
const found = (change: Partial<Aftermath>): readonly string[] => judgeKill({ ...whole, ...change }).findings;
const { outcome: _outcome, ...unsettled } = view;

describe('after a kill', () => {
  it('nothing is said where every promise was kept', () => expect(found({})).toEqual([]));

  it.each<readonly [string, Partial<Aftermath>, string]>([
    ['an answer that is not on record', { views: [], calls: [] }, 'is not on record'],
    ['a request that is there twice', { views: [view, view] }, 'on record 2 times'],
    [
      'an answer the ledger calls a failure',
      { views: [{ ...view, outcome: outcomeOf('r1', { status: 'failed' }) }] },
      'says failed',
    ],
    ['a judgement that was acknowledged and is gone', { views: [{ ...view, feedback: [] }] }, 'was judged 1'],
    ['a request without an outcome', { views: [unsettled] }, 'has no outcome'],
    ['a call nobody booked', { asked: [], views: [] }, 'which is not on record'],
    ['a bill the ledger does not have', { calls: [{ ...call, bill: 999n }] }, 'exact and wrong'],
    [
      'a bill above what was set aside',
      { views: [{ ...view, outcome: outcomeOf('r1', { attempts: [cut] }) }], calls: [{ ...call, bill: 8_000n }] },
      'beyond its reservation',
    ],
    [
      'a call that was cut off and has no bound',
      { views: [{ ...view, outcome: outcomeOf('r1', { attempts: [{ ...cut, cost: nanoUsd(0) }] }) }] },
      'has no bound',
    ],
    [
      'a restart that does not say what was cut off',
      { views: [{ ...view, outcome: outcomeOf('r1', { attempts: [cut] }) }] },
      'it says 0 requests',
    ],
    [
      'an end that was long over and not on disk',
      { views: [{ ...view, outcome: outcomeOf('r1', { attempts: [cut] }) }], killedAt: 5_000 },
      'its end was not on disk',
    ],
  ])('%s is found', (_name, change, what) => {
    expect(found(change).join('\n')).toContain(what);
  });
});
