import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/classify/classify.ts';
import type { ChatRequest, Message } from '../../../src/core/chat.ts';
import type { Band, Task } from '../../../src/core/profile.ts';
import { sampleRequest } from '../../support/sample.ts';
import { TUNED, UNSEEN } from './prompts.ts';

const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const say = (text: string, change: Partial<ChatRequest> = {}) =>
  classify(sampleRequest({ messages: [user(text)], ...change }));

type Labelled = readonly [say: string, task: Task, band: Band];
const missed = (prompts: readonly Labelled[]): string[] =>
  prompts.flatMap(([text, task, band]) => {
    const profile = say(text);
    return profile.task === task && profile.band === band
      ? []
      : [`${text}: ${profile.task} ${profile.band} ${profile.difficulty}`];
  });

describe('classify', () => {
  it('gives task and band as a person would, for at least 95 % of the prompts it was tuned on', () => {
    expect(TUNED.length).toBeGreaterThanOrEqual(60);
    expect(missed(TUNED).slice(Math.floor(0.05 * TUNED.length))).toEqual([]);
  });

  it('does so for at least 80 % of prompts it was never tuned on', () => {
    expect(UNSEEN.length).toBeGreaterThanOrEqual(30);
    expect(missed(UNSEEN).slice(Math.floor(0.2 * UNSEEN.length))).toEqual([]);
  });

  it('finds the examples of the shipped policies where they expect them', () => {
    expect(say('Where is my parcel?')).toMatchObject({ task: 'chat', band: 'easy', language: 'en' });
    expect(say('Where is my parcel?').difficulty).toBeLessThan(0.4);
    expect(say('Fix this stack trace: TypeError: x is undefined').task).toBe('code');
    expect(say('Prove that there are infinitely many primes')).toMatchObject({ task: 'math', band: 'hard' });
  });

  it('gives its reasons strongest first, each with what it added', () => {
    const { reasons } = say('Prove that there are infinitely many primes');
    expect(reasons[0]).toBe('asks for a proof or a derivation +0.32');
    const sizes = reasons.map((reason) => Number(reason.match(/[\d.]+$/)?.[0]));
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });

  it('explains the whole difficulty: base and reasons add up to it', () => {
    const { difficulty, reasons } = say(
      'Design a distributed rate limiter that must survive partitions, and explain why it does',
    );
    const sum = reasons.reduce((total, reason) => {
      const [, sign, size] = reason.match(/([−+])([\d.]+)$/) ?? [];
      return total + (sign === '−' ? -Number(size) : Number(size));
    }, 0.26);
    expect(Math.abs(sum - difficulty)).toBeLessThan(0.03);
  });

  it('looks at what was asked, not at the system prompt', () => {
    const manual =
      'Prove theorems. Eigenvalues, distributed consensus, lock-free design, trade-offs, must, exactly. '.repeat(40);
    const bare = say('Where is my parcel?');
    const wrapped = classify(
      sampleRequest({ messages: [{ role: 'system', text: manual }, user('Where is my parcel?')] }),
    );
    expect(wrapped).toMatchObject({ task: bare.task, difficulty: bare.difficulty, reasons: bare.reasons });
    expect(wrapped.inputTokens).toBeGreaterThan(bare.inputTokens + 500);
  });

  it('reads a short follow-up together with the turn before it', () => {
    const profile = classify(
      sampleRequest({
        messages: [
          user('Prove that there are infinitely many primes'),
          { role: 'assistant', text: 'Suppose not.', toolCalls: [] },
          user('try again'),
        ],
      }),
    );
    expect(profile).toMatchObject({ task: 'math', band: 'hard', turns: 2 });
  });

  it('takes needs from the request', () => {
    const schema = { kind: 'schema', name: 'a', schema: {}, strict: true } as const;
    const tools = [{ name: 'find', parameters: { type: 'object' } }];
    const image: Message = {
      role: 'user',
      parts: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', source: { from: 'url', url: 'https://example.com/a.png' } },
      ],
    };
    expect(say('Hi').needs).toEqual({ tools: false, vision: false, json: false, features: [] });
    expect(say('Hi', { tools, output: schema, features: ['seed'] }).needs).toEqual({
      tools: true,
      vision: false,
      json: true,
      features: ['seed'],
    });
    expect(say('Hi', { output: { kind: 'json' } }).needs.json).toBe(true);
    expect(classify(sampleRequest({ messages: [image] })).needs.vision).toBe(true);
  });

  it('needs tools when the conversation holds tool calls, though none are offered any more', () => {
    const call: Message = { role: 'assistant', text: '', toolCalls: [{ id: '1', name: 'find', arguments: '{}' }] };
    const result: Message = { role: 'tool', callId: '1', name: 'find', text: 'nothing', isError: true };
    const profile = classify(sampleRequest({ messages: [user('Find my file'), call, result] }));
    expect(profile.needs.tools).toBe(true);
    expect(profile.task).toBe('agent');
    expect(profile.reasons.join()).toContain('follows tool calls that failed');
  });

  it('lets requested effort move the difficulty', () => {
    const prompt = 'Find a good name for this variable in my Python code';
    expect(say(prompt, { effort: 'high' }).difficulty).toBeGreaterThan(say(prompt).difficulty);
    expect(say(prompt, { effort: 'none' }).difficulty).toBeLessThan(say(prompt).difficulty);
  });

  it('passes on what the caller stated', () => {
    expect(say('Hi', { maxOutputTokens: 12, stream: true })).toMatchObject({ maxOutputTokens: 12, stream: true });
    expect('maxOutputTokens' in say('Hi')).toBe(false);
  });

  it('is at home with nothing at all', () => {
    const profile = classify(sampleRequest({ messages: [] }));
    expect(profile).toMatchObject({ task: 'chat', band: 'easy', language: 'und', turns: 0, conversation: [] });
  });
});
