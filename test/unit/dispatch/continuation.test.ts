// A broken stream that is taken up by another seller of the same model, and when it is not.
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../../src/core/offer.ts';
import { modelKey } from '../../../src/core/offer.ts';
import { failureFrame, finishFrame, type Scene, textFrame, usageFrame } from '../../support/provider.ts';
import { committed, GOOD, read, stage, textOf } from '../../support/stage.ts';

const CONTINUE = {
  plan: { fallback: { attempts: 3, onRateLimit: 'next', onRefusal: 'stop', stream: 'continue' } },
} as const;
const breaks: Scene = [textFrame('Hel'), failureFrame({ sort: 'cut', phase: 'stream' })];
const rest: Scene = [textFrame('lo'), finishFrame, usageFrame(103, 2)];
const able = (): Partial<Offer> => ({ continues: true });

const play = async (scripts: readonly (readonly Scene[])[], options: Parameters<typeof stage>[1] = {}) => {
  const on = stage(scripts, { ...CONTINUE, offerOf: able, ...options });
  const run = committed(await on.run());
  const frames = await read(run.answer);
  return { ...on, frames, outcome: await run.settled };
};

describe('stream: continue', () => {
  it('asks another seller of the same model to go on from the words so far; the caller sees one stream', async () => {
    const { frames, providers, outcome } = await play([[breaks], [rest]]);
    expect(textOf(frames)).toBe('Hello');
    expect(frames.flatMap(({ events }) => events.map(({ type }) => type))).not.toContain('failure');
    const asked = providers[1]?.calls[0]?.request;
    expect(asked?.messages.at(-1)).toEqual({ role: 'assistant', text: 'Hel', toolCalls: [] });
    expect(asked?.body['messages']).toContainEqual({ role: 'assistant', content: 'Hel' });
    expect(asked?.continues).toBe(true);
    expect(outcome).toMatchObject({ status: 'ok', attempts: [{ result: 'interrupted' }, { result: 'ok' }] });
    // Both are paid for.
    expect(outcome.cost).toBe((outcome.attempts[0]?.cost ?? 0) + (outcome.attempts[1]?.cost ?? 0));
  });

  it('fails with the first error where the second seller refuses', async () => {
    const { frames, outcome } = await play([[breaks], [[failureFrame({ status: 400, message: 'no prefill' })]]]);
    expect(frames.at(-1)?.events[0]).toMatchObject({ type: 'failure', cause: { sort: 'cut' } });
    expect(outcome).toMatchObject({ status: 'failed', error: 'stream_interrupted' });
    expect(outcome.attempts.map(({ result }) => result).toSorted()).toEqual(['caller', 'interrupted']);
  });

  const call: Scene = [
    { events: [{ type: 'tool-call-start', index: 0, id: 'c', name: 'f' }] },
    failureFrame({ sort: 'cut', phase: 'stream' }),
  ];
  it.each<[string, readonly (readonly Scene[])[], Parameters<typeof stage>[1]]>([
    ['nobody can go on from given words', [[breaks], [GOOD]], { offerOf: () => ({}) }],
    [
      'the others sell another model',
      [[breaks], [GOOD]],
      {
        offerOf: (name) => ({ continues: true, ...(name === 'p2' ? { model: modelKey('lumen/other') } : {}) }),
      },
    ],
    ['half a tool call has gone out', [[call], [GOOD]], {}],
    ['a JSON document was asked for', [[breaks], [GOOD]], { request: { output: { kind: 'json' } } }],
    ['tools were offered', [[breaks], [GOOD]], { request: { tools: [{ name: 'f', parameters: {} }] } }],
    [
      'no attempt is left',
      [[breaks], [GOOD]],
      {
        plan: { fallback: { attempts: 1, onRateLimit: 'next', onRefusal: 'stop', stream: 'continue' } },
      },
    ],
  ])('breaks where %s', async (_, scripts, options) => {
    const { frames, providers, outcome } = await play(scripts, options);
    expect(frames.at(-1)?.events[0]?.type).toBe('failure');
    expect(providers[1]?.calls).toHaveLength(0);
    expect(outcome.status).toBe('failed');
  });
});
