import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../src/core/chat.ts';
import { failureFrame, finishFrame, hang, type Scene, textFrame } from '../../support/provider.ts';
import { committed, failed, GOOD, read, stage, textOf } from '../../support/stage.ts';

describe('dispatch', () => {
  it('passes the answer through and settles its exact cost', async () => {
    const { run, notes } = stage([[GOOD]]);
    const { answer, settled, offer } = committed(await run());
    expect(textOf(await read(answer))).toBe('Hello');
    expect(offer).toBe('p1:lumen/spark');
    const outcome = await settled;
    // 100 × $1/M + 50 × $2/M
    expect(outcome).toMatchObject({ status: 'ok', finish: 'stop', cost: 200_000, costStatus: 'exact' });
    expect(notes).toMatchObject([{ attempt: 1, offer: 'p1:lumen/spark' }]);
    expect(outcome.attempts[0]?.cost).toBeLessThanOrEqual(notes[0]?.reserved ?? 0);
  });

  it('changes offer unseen while nothing has reached the caller', async () => {
    const { run, providers } = stage([[[failureFrame({ status: 503 })]], [GOOD]]);
    const { answer, settled, attempts } = committed(await run());
    expect(textOf(await read(answer))).toBe('Hello');
    expect(attempts).toBe(2);
    expect((await settled).attempts.map((attempt) => attempt.result)).toEqual(['overloaded', 'ok']);
    expect(providers[0]?.calls).toHaveLength(1);
  });

  it('treats an error event before the first content like an error status', async () => {
    const { run } = stage([
      [[{ events: [] }, failureFrame({ sort: 'inband', phase: 'stream', type: 'overloaded_error' })]],
      [GOOD],
    ]);
    expect(textOf(await read(committed(await run()).answer))).toBe('Hello');
  });

  it('tries a transient failure once more on the same offer, then the next', async () => {
    const { run, providers, clock } = stage([[[failureFrame({ status: 500 })]], [GOOD]]);
    const running = run();
    await new Promise(setImmediate);
    clock.advance(200);
    const { settled, answer } = committed(await running);
    await read(answer);
    expect((await settled).attempts.map(({ offer, result }) => [offer, result])).toEqual([
      ['p1:lumen/spark', 'transient'],
      ['p1:lumen/spark', 'transient'],
      ['p2:lumen/spark', 'ok'],
    ]);
    expect(providers[0]?.calls).toHaveLength(2);
  });

  it('never makes more than the allowed attempts', async () => {
    const bad: readonly Scene[] = [[failureFrame({ status: 503 })]];
    const { run, providers } = stage([bad, bad, bad, bad, bad]);
    const { error, outcome } = failed(await run());
    expect(error.code).toBe('upstream_overloaded');
    expect(error.message).toContain('all 3 attempts failed');
    expect(outcome.attempts).toHaveLength(3);
    expect(providers.flatMap((provider) => provider.calls)).toHaveLength(3);
  });

  it('gives a caller fault straight back, with its status, and punishes nobody', async () => {
    const { run, providers, health, offers } = stage([
      [[failureFrame({ status: 422, type: 'invalid_request_error', param: 'tools', message: 'bad tools' })]],
      [GOOD],
    ]);
    const { error } = failed(await run());
    expect(error).toMatchObject({
      code: 'invalid_request',
      message: 'bad tools',
      detail: { status: 422, param: 'tools' },
    });
    expect(providers[1]?.calls).toHaveLength(0);
    for (const offer of offers) expect(health.view(offer.key).state).toBe('closed');
  });

  it('maps a refused key of ours to 502, cools the offer and goes on elsewhere', async () => {
    const { run, health, offers } = stage([[[failureFrame({ status: 401 })]], [GOOD]]);
    await read(committed(await run()).answer);
    expect(health.view(offers[0]?.key as never).state).toBe('open');
    const alone = stage([[[failureFrame({ status: 401 })]]]);
    expect(failed(await alone.run()).error.code).toBe('upstream_credential');
  });

  it('takes a too long prompt only to a larger context', async () => {
    const tooLong: readonly Scene[] = [[failureFrame({ status: 400, code: 'context_length_exceeded' })]];
    const { run, providers } = stage([tooLong, [GOOD], [GOOD]], { contexts: [8_000, 4_000, 200_000] });
    await read(committed(await run()).answer);
    expect(providers.map((provider) => provider.calls.length)).toEqual([1, 0, 1]);
    expect(failed(await stage([tooLong]).run()).error.code).toBe('context_length_exceeded');
  });

  it('ends a broken stream as failed, never as a success', async () => {
    const { run } = stage([[[textFrame('Hel'), failureFrame({ sort: 'cut', phase: 'stream' })]], [GOOD]]);
    const { answer, settled, attempts } = committed(await run());
    const frames = await read(answer);
    expect(frames.at(-1)?.events[0]?.type).toBe('failure');
    expect(attempts).toBe(1);
    // What was produced is paid for by an estimate, and said to be one.
    expect(await settled).toMatchObject({ status: 'failed', error: 'stream_interrupted', costStatus: 'estimated' });
  });

  it('hides a broken stream behind the next offer when the policy buffers', async () => {
    const fallback = { attempts: 3, onRateLimit: 'next', onRefusal: 'stop', stream: 'buffer' } as const;
    const { run } = stage([[[textFrame('Hel'), failureFrame({ sort: 'cut', phase: 'stream' })]], [GOOD]], {
      plan: { fallback },
    });
    expect(textOf(await read(committed(await run()).answer))).toBe('Hello');
  });

  it('never calls a whole answer without a finish a success', async () => {
    const { run } = stage([[[textFrame('Hel')]], [GOOD]], { stream: false });
    const { answer, attempts } = committed(await run());
    expect(textOf(await read(answer))).toBe('Hello');
    expect(attempts).toBe(2);
  });

  it('stops at once when the client leaves, before and after the commit', async () => {
    const before = stage([[hang()], [GOOD]]);
    const running = before.run();
    before.left.abort();
    expect(failed(await running)).toMatchObject({ error: { code: 'client_closed' }, outcome: { status: 'cancelled' } });
    expect(before.providers[1]?.calls).toHaveLength(0);

    const after = stage([[hang([textFrame('Hel')])]]);
    const { settled } = committed(await after.run());
    after.left.abort();
    // Nobody knows whether this seller stops: then it may have written and billed the whole.
    expect(await settled).toMatchObject({ status: 'cancelled', costStatus: 'ambiguous' });
    expect(after.providers[0]?.calls[0]?.signal.aborted).toBe(true);
  });

  it('flags a call that was sent and never answered, at its reservation', async () => {
    const { run, notes, left } = stage([[hang()]]);
    const running = run();
    left.abort();
    const { outcome } = failed(await running);
    expect(outcome).toMatchObject({ costStatus: 'ambiguous', cost: 0 });
    expect(outcome.attempts[0]?.cost).toBe(notes[0]?.reserved);
  });

  it('ends at the deadline with a timeout', async () => {
    const { run, clock } = stage([[hang()], [GOOD]], { plan: { limits: { deadlineMs: 5_000 } } });
    const running = run();
    await new Promise(setImmediate);
    clock.advance(5_000);
    expect(failed(await running).error.code).toBe('upstream_timeout');
  });

  it('waits for a short Retry-After only where no other offer is left, or the policy says so', async () => {
    const limited: readonly Scene[] = [[failureFrame({ status: 429, retryAfterMs: 1_000 })], GOOD];
    const other = stage([limited, [GOOD]]);
    await read(committed(await other.run()).answer);
    expect(other.providers.map((provider) => provider.calls.length)).toEqual([1, 1]);

    const alone = stage([limited]);
    const running = alone.run();
    await new Promise(setImmediate);
    alone.clock.advance(1_000);
    await read(committed(await running).answer);
    expect(alone.providers[0]?.calls).toHaveLength(2);
  });

  it('answers nothing when the ledger cannot take the note, and counts the call where it had left', async () => {
    const journal = (): Promise<void> => Promise.reject(new Error('disk full'));
    const { run, providers } = stage([[GOOD]], { journal });
    const { error, outcome } = failed(await run());
    expect(error.cause).toMatchObject({ message: 'disk full' });
    expect(providers[0]?.calls[0]?.signal.aborted).toBe(true);
    expect(outcome).toMatchObject({ status: 'failed', attempts: [{ result: 'cancelled', costStatus: 'ambiguous' }] });
    const never = stage([[GOOD]], { journal, waits: true });
    await expect(never.run()).rejects.toThrow('disk full');
    expect(never.providers[0]?.calls).toEqual([]);
  });

  it('lets go of every upstream it has called, also of those that failed', async () => {
    let open = 0;
    const held = (frames: readonly Frame[]): Scene =>
      async function* () {
        open += 1;
        try {
          yield* frames;
        } finally {
          open -= 1;
        }
      };
    const cut = failureFrame({ sort: 'cut', phase: 'stream' });
    const { run } = stage([[held([failureFrame({ status: 503 })])], [held([textFrame('Hel'), cut, finishFrame])]]);
    const { answer, settled } = committed(await run());
    for await (const frame of answer) if (frame.events.some(({ type }) => type === 'failure')) break;
    await settled;
    await new Promise(setImmediate);
    expect(open).toBe(0);
  });

  it('settles even when nobody reads the answer', async () => {
    const { run, left } = stage([[hang([textFrame('Hel')])]]);
    const { settled } = committed(await run());
    left.abort();
    expect((await settled).status).toBe('cancelled');
  });
});
