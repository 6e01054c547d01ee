import { describe, expect, it } from 'vitest';
import { IMAGE_TOKENS, requestTokens, textTokens } from '../../../src/classify/tokens.ts';
import { sampleRequest } from '../../support/sample.ts';

describe('textTokens', () => {
  it('counts about four characters a token in English prose', () => {
    const prose =
      'It was a bright cold day, and the clocks were striking. She closed the door and walked down to the harbour. '.repeat(
        20,
      );
    const charsPerToken = prose.length / textTokens(prose);
    expect(charsPerToken).toBeGreaterThan(3.8);
    expect(charsPerToken).toBeLessThan(4.7);
  });

  it('counts more tokens a character where letters are rarer in the vocabulary', () => {
    const perChar = (text: string): number => textTokens(text) / text.length;
    const english = perChar('The weather is fine today and we want to walk in the park');
    expect(perChar('Сегодня прекрасная погода и мы хотим погулять в парке')).toBeGreaterThan(english);
    expect(perChar('今天天气很好我们想去公园散步')).toBeGreaterThan(2 * english);
    expect(perChar('const x = foo(bar[1], { a: 2 });')).toBeGreaterThan(english);
  });

  it.each([
    ['Hello, world!', 4],
    ['今天天气很好,我们打算去公园散步。', 11],
    ['1234567890', 4],
  ])('is within a third of the known count of %s', (text, known) => {
    expect(Math.abs(textTokens(text) / known - 1)).toBeLessThan(0.34);
  });

  it('is 0 only for nothing', () => {
    expect(textTokens('')).toBe(0);
    expect(textTokens(' ')).toBe(1);
  });
});

describe('requestTokens', () => {
  it('counts messages, tools, schema and images', () => {
    const bare = requestTokens(sampleRequest());
    const tools = [
      { name: 'find_parcel', description: 'Finds a parcel by its number.', parameters: { type: 'object' } },
    ];
    expect(requestTokens(sampleRequest({ tools }))).toBeGreaterThan(bare + 10);
    const schema = { type: 'object', properties: { street: { type: 'string' }, town: { type: 'string' } } };
    const output = { kind: 'schema', name: 'address', schema, strict: true } as const;
    expect(requestTokens(sampleRequest({ output }))).toBeGreaterThan(bare + 10);
    const image = {
      type: 'image',
      source: { from: 'base64', mediaType: 'image/png', data: 'A'.repeat(90_000) },
    } as const;
    const pictured = sampleRequest({ messages: [{ role: 'user', parts: [image] }] });
    expect(requestTokens(pictured)).toBe(IMAGE_TOKENS + 7);
    const small = sampleRequest({ messages: [{ role: 'user', parts: [{ ...image, detail: 'low' }] }] });
    expect(requestTokens(small)).toBeLessThan(100);
  });

  it('counts what tools were asked and what they said', () => {
    const quiet = requestTokens(sampleRequest());
    const spoken = sampleRequest({
      messages: [
        ...sampleRequest().messages,
        { role: 'assistant', text: '', toolCalls: [{ id: '1', name: 'find', arguments: '{"number":"JD014600"}' }] },
        { role: 'tool', callId: '1', name: 'find', text: 'It is in the van, and the van is in Leeds.', isError: false },
      ],
    });
    expect(requestTokens(spoken)).toBeGreaterThan(quiet + 30);
  });
});
