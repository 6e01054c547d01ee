// A second call beside a late first one: started only when it is late and paid for, and the loser accounted for.
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { nanoUsd } from '../../../src/core/money.ts';
import { failureFrame, hang, type Scene } from '../../support/provider.ts';
import { committed, failed, GOOD, read, stage, textOf } from '../../support/stage.ts';

/** The sample quote: p95 of the first token 600 ms, cost at the P90 1 100 000 n$. */
const hedged = (hedge: number | undefined, attempts = 3) => ({
  plan: {
    fallback: {
      attempts,
      onRateLimit: 'next',
      onRefusal: 'stop',
      stream: 'fail',
      ...(hedge === undefined ? {} : { hedge: nanoUsd(hedge) }),
    },
  } as const,
});

const settleTurns = async (): Promise<void> => {
  for (let count = 0; count < 5; count += 1) await turn();
};

describe('a hedge', () => {
  it('starts a second seller once the first is past its p95, and cancels and accounts for the loser', async () => {
    const { run, clock, providers, notes } = stage([[hang()], [GOOD]], {
      ...hedged(1_100_000),
      billing: { onCancel: 'stops', onError: 'nothing' },
    });
    const running = run();
    await settleTurns();
    clock.advance(599);
    await settleTurns();
    expect(providers[1]?.calls).toHaveLength(0);
    clock.advance(1);
    const { answer, settled, offer, attempts } = committed(await running);
    expect(textOf(await read(answer))).toBe('Hello');
    expect([offer, attempts]).toEqual(['p2:lumen/spark', 2]);
    expect(providers[0]?.calls[0]?.signal.aborted).toBe(true);
    const outcome = await settled;
    expect(outcome.status).toBe('ok');
    // The loser had read the prompt: 100 tokens at $1/M, and nothing was written.
    expect(outcome.attempts).toMatchObject([
      { offer: 'p1:lumen/spark', result: 'cancelled', cost: 100_000, costStatus: 'estimated' },
      { offer: 'p2:lumen/spark', result: 'ok', cost: 200_000 },
    ]);
    expect(notes.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('is not started where the first answers in time', async () => {
    const { run, providers } = stage([[GOOD], [GOOD]], hedged(1_100_000));
    await read(committed(await run()).answer);
    expect(providers[1]?.calls).toHaveLength(0);
  });

  it.each([
    ['off', hedged(undefined)],
    ['worth less than a second call may cost', hedged(1_099_999)],
    ['beyond the attempts the policy allows', hedged(1_100_000, 1)],
  ])('is not started where it is %s', async (_, options) => {
    const { run, clock, providers, left } = stage([[hang()], [GOOD]], options);
    const running = run();
    await settleTurns();
    clock.advance(5_000);
    await settleTurns();
    expect(providers[1]?.calls).toHaveLength(0);
    left.abort();
    failed(await running);
  });

  it('goes on with the second where the first fails after all, and with the first where the second does', async () => {
    const late: Scene = async function* (call) {
      yield* hang()(call);
    };
    const { run, clock, providers } = stage([[late], [[failureFrame({ status: 500 })]]], hedged(1_100_000));
    const running = run();
    await settleTurns();
    clock.advance(600);
    await settleTurns();
    expect(providers[1]?.calls).toHaveLength(1);
    clock.advance(60_000);
    await settleTurns();
    const { outcome } = failed(await running);
    expect(outcome.attempts.map(({ offer, result }) => [offer, result])).toContainEqual([
      'p2:lumen/spark',
      'transient',
    ]);
    expect(outcome.attempts.filter(({ offer }) => offer.startsWith('p1'))[0]?.result).toBe('timeout');
  });

  it('asks no third where the second was told what everybody would say', async () => {
    const wrong = failureFrame({ status: 400, code: 'unsupported_parameter' });
    const over = Promise.withResolvers<void>();
    const late: Scene = async function* () {
      await over.promise;
      yield failureFrame({ sort: 'timeout' });
    };
    const { run, clock, providers } = stage([[late], [[wrong]], [GOOD]], hedged(1_100_000));
    const running = run();
    await settleTurns();
    clock.advance(600);
    await settleTurns();
    over.resolve();
    expect(failed(await running).error.code).toBe('unsupported_parameter');
    expect(providers.map(({ calls }) => calls.length)).toEqual([1, 1, 0]);
  });

  it('ends both calls when the client leaves', async () => {
    const { run, clock, providers, left } = stage([[hang()], [hang()]], hedged(1_100_000));
    const running = run();
    await settleTurns();
    clock.advance(600);
    await settleTurns();
    expect(providers.map(({ calls }) => calls.length)).toEqual([1, 1]);
    left.abort();
    const { outcome } = failed(await running);
    expect(outcome).toMatchObject({
      status: 'cancelled',
      attempts: [{ result: 'cancelled' }, { result: 'cancelled' }],
    });
    expect(providers.every(({ calls }) => calls[0]?.signal.aborted)).toBe(true);
  });
});
