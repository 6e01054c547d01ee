// What of an upstream's words is kept.
import { describe, expect, it } from 'vitest';
import { scrub, scrubWord } from '../../../src/dialects/scrub.ts';

describe('scrub', () => {
  it.each([
    'Incorrect API key provided: sk-proj-abc123DEF456ghi789.',
    'Incorrect API key provided: sk-abcd********************wxyz.',
    'key gsk_abcdefghijklmnop is wrong',
    'invalid x-api-key: sk-ant-api03-AbC_dEf-123456',
    'Authorization: Bearer abcdef.ghijkl',
    '{"authorization":"Bearer abcdefghijkl"}',
    'API_KEY=AIzaSyA1234567890abcdefghijklmnop',
    'token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdef',
    'hf_abcdefghijklmnopqrst',
    'id 0123456789abcdef0123456789abcdef0123',
    'postgres://user:hunter2@db.example/x',
  ])('%s loses its secret', (text) => {
    const clean = scrub(text);
    expect(clean).toContain('[removed]');
    expect(clean).not.toMatch(/abc123|abcd\*|abcdefghij|AbC_dEf|ghijkl|AIzaSy|eyJzdWI|0123456789abcdef|hunter2/);
  });

  it.each([
    'API key not valid. Please pass a valid API key.',
    'The model `gpt-5-mini-2026-08-07` does not exist',
    "This model's maximum context length is 128000 tokens.",
    'Unknown parameter: messages[3].content',
  ])('%s stays as it is', (text) => {
    expect(scrub(text)).toBe(text);
  });

  it('is one line of at most 512 characters', () => {
    expect(scrub('a\n\tb\u0000c')).toBe('a b c');
    expect(scrub('word '.repeat(10_000))).toHaveLength(512);
  });
});

describe('scrubWord', () => {
  it.each(['insufficient_quota', 'messages[0].content', 'AllocationQuota.FreeTierOnly', '1500'])(
    '%s is a word',
    (word) => {
      expect(scrubWord(word)).toBe(word);
    },
  );

  it.each([
    'The word of a prompt',
    'sk-proj-abcdefghijklmnop',
    'AIzaSyA1234567890abcdefghijklmnop',
    'x'.repeat(129),
    'two\nlines',
    '',
    undefined,
  ])('%s is none', (text) => {
    expect(scrubWord(text)).toBeUndefined();
  });
});
