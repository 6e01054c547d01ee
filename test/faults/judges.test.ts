// The invariants themselves: each must be able to fail.
import { beforeEach, describe, expect, it } from 'vitest';
import type { RequestView } from '../../src/core/ledger.ts';
import { nanoUsd } from '../../src/core/money.ts';
import { attemptOf, fullDecision, keyOf, outcomeOf } from '../support/ledger.ts';
import { ANSWER_TOKENS, healthy } from '../support/truth-bill/acts.ts';
import { textOf } from '../support/truth-bill/answer.ts';
import { billOf } from '../support/truth-bill/bill.ts';
import type { Cell, InvariantName } from './cell.ts';
import type { Heard } from './client.ts';
import { INVARIANT } from './invariants.ts';
import { type BilledCall, type Evidence, primaryKey } from './stand.ts';
import { modelOf, SEED } from './world.ts';

const CELL: Cell = {
  name: 'T-judged',
  about: 'Nothing is wrong.',
  group: 'beyond',
  primary: 'openai',
  stream: false,
  script: healthy,
  expect: {
    status: [200],
    ends: 'answer',
    by: 'openai',
    primary: [1, 1],
    health: 'untouched',
  },
};
const ID = 'request-1';
const COST = 37_695;

const answer = (content: string, finish = 'stop'): string =>
  JSON.stringify({
    model: modelOf(CELL),
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: finish }],
    usage: { prompt_tokens: 1 },
  });

const heardOf = (change: Partial<Heard> = {}): Heard => ({
  marker: 'marker-t.1',
  status: 200,
  body: answer(textOf('openai', SEED, ANSWER_TOKENS)),
  ended: 'clean',
  headers: {
    'x-bourse-request-id': ID,
    'x-bourse-provider': 'openai',
    'x-bourse-model': modelOf(CELL),
    'x-bourse-attempts': '1',
    'x-bourse-cost-usd': '0.000037695',
  },
  sentAt: 0,
  firstContentAt: 10,
  endedAt: 20,
  leftAt: undefined,
  ...change,
});

const attempt = attemptOf(ID, { offer: primaryKey(CELL), cost: nanoUsd(COST) });
const viewOf = (change: Partial<typeof attempt> = {}): RequestView => ({
  decision: fullDecision(ID),
  caller: 'key-1',
  dispatches: [{ requestId: ID, attempt: 1, at: 0, offer: attempt.offer, reserved: nanoUsd(100_000) }],
  outcome: outcomeOf(ID, { attempts: [{ ...attempt, ...change }], offer: attempt.offer }),
  feedback: [],
});

const callOf = (change: Partial<BilledCall> = {}): BilledCall => ({
  model: modelOf(CELL),
  stream: false,
  maxTokens: 200,
  input: 17,
  marker: 'marker-t.1',
  seller: 'openai',
  at: 1,
  ended: 'complete',
  made: 60,
  planned: 60,
  status: 200,
  bytes: () => 100,
  bill: BigInt(COST),
  rule: {
    onCancel: 'stops',
    onError: 'nothing',
  },
  ...change,
});

let evidence: Evidence;
beforeEach(() => {
  evidence = {
    cell: CELL,
    visits: [heardOf()],
    calls: [callOf()],
    views: [viewOf()],
    said: 1,
    warnings: [],
    speed: 1,
    held: new Map([['policy/t', COST]]),
    health: {
      health: {
        state: 'closed',
        share: 1,
      },
      now: 0,
    },
    healthAfter: {
      state: 'closed',
      share: 1,
    },
    outputs: new Map([['the log', 'all is well']]),
    leftovers: {
      timers: 0,
      calls: 0,
      connections: 0,
    },
    afterwards: {
      heard: heardOf(),
      by: 'openai',
    },
  };
});

const found = (name: InvariantName, change: Partial<Evidence> = {}): readonly string[] =>
  INVARIANT[name]({ ...evidence, ...change }).map(({ what }) => what);

describe('an invariant', () => {
  it('is content where nothing is wrong', () => {
    for (const judge of Object.values(INVARIANT)) expect(judge(evidence)).toEqual([]);
  });

  const broken = { ...heardOf(), body: answer('half', 'length'), endedAt: 300_000 };
  const foul: readonly (readonly [InvariantName, string, () => Partial<Evidence>])[] = [
    ['I1', 'a request that takes for ever', () => ({ visits: [broken] })],
    ['I2', 'a part sold as a whole', () => ({ visits: [broken] })],
    ['I2', 'a request without an outcome', () => ({ views: [{ ...viewOf(), outcome: undefined } as never] })],
    [
      'I3',
      'a call too many',
      () => ({ views: [{ ...viewOf(), outcome: outcomeOf(ID, { attempts: Array(4).fill(attempt) }) }] }),
    ],
    [
      'I4',
      'an upstream that is kept',
      () => ({ visits: [heardOf({ ended: 'left', leftAt: 5 })], calls: [callOf({ ended: 'gone', goneAt: 500 })] }),
    ],
    [
      'I4',
      'a call after the client left',
      () => ({ visits: [heardOf({ ended: 'left', leftAt: 5 })], calls: [callOf({ at: 400 })] }),
    ],
    ['I5', 'a nano-dollar of difference', () => ({ calls: [callOf({ bill: BigInt(COST + 1) })] })],
    ['I5', 'a call nobody booked', () => ({ calls: [callOf(), callOf({ seller: 'together' })] })],
    [
      'I5',
      'a bill beyond its reservation',
      () => ({ views: [viewOf({ costStatus: 'estimated' })], calls: [callOf({ bill: 100_001n })] }),
    ],
    [
      'I5',
      'output that is booked at nothing',
      () => ({ views: [viewOf({ costStatus: 'estimated', cost: nanoUsd(0) })] }),
    ],
    ['I6', 'a reservation that stays', () => ({ held: new Map([['policy/t', COST + 1]]) })],
    ['I7', 'a breaker that opened for nothing', () => ({ health: { health: { state: 'open', share: 0 }, now: 0 } })],
    [
      'I8',
      'a reward for a request that failed',
      () => ({
        views: [
          {
            ...viewOf(),
            outcome: outcomeOf(ID, { status: 'failed' }),
            feedback: [{ requestId: ID, source: 'user', score: 1, at: 0 }],
          },
        ],
      }),
    ],
    ['I9', 'a secret in the log', () => ({ outputs: new Map([['the log', 'sk-proj-CANARY']]) })],
    ['I9', 'the prompt in the ledger', () => ({ outputs: new Map([['the ledger', 'marker-t.1']]) })],
    [
      'I10',
      'a name that is not who answered',
      () => ({ views: [{ ...viewOf(), outcome: outcomeOf(ID, { offer: keyOf('together:lab/x') }) }] }),
    ],
    ['I11', 'a timer that is left', () => ({ leftovers: { timers: 1, calls: 0, connections: 0 } })],
    ['I12', 'a router that is stuck', () => ({ afterwards: { heard: heardOf({ status: 503, body: '{}' }), by: '' } })],
  ];
  it.each(foul)('%s finds %s', (name, _what, change) => {
    expect(found(name, change())).not.toEqual([]);
  });
});

describe('a bill', () => {
  const prices = { input: 137_213n, output: 589_371n };
  const work = { input: 17, made: 20, planned: 60 };
  const stops = { onCancel: 'stops', onError: 'nothing' } as const;

  it('is rounded half up once, to the nano-dollar', () => {
    expect(billOf({ ...work, ended: 'complete', made: 60 }, prices, stops)).toBe(37_695n);
    expect(billOf({ ended: 'complete', input: 1, made: 0, planned: 0 }, { input: 500n, output: 0n }, stops)).toBe(1n);
  });

  it('of a client that left is what was made, or all that was meant, by the seller’s rule', () => {
    expect(billOf({ ...work, ended: 'gone' }, prices, stops)).toBe(14_120n);
    expect(billOf({ ...work, ended: 'gone' }, prices, { ...stops, onCancel: 'continues' })).toBe(37_695n);
  });

  it('of a failure is nothing, or the prompt', () => {
    expect(billOf({ ...work, ended: 'error', made: 0 }, prices, stops)).toBe(0n);
    expect(billOf({ ...work, ended: 'error', made: 0 }, prices, { ...stops, onError: 'prompt' })).toBe(2_333n);
  });
});
