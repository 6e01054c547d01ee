import { createParser } from 'eventsource-parser';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Frame } from '../../src/core/chat.ts';
import { type Listening, runOf, startServer } from '../support/http-server.ts';
import { failureFrame, finishFrame, textFrame, usageFrame } from '../support/provider.ts';

let server: Listening;
let frames: readonly Frame[] = [];

beforeAll(async () => {
  server = await startServer({ times: { breakMs: 1 }, route: (ask) => Promise.resolve(runOf(ask, { frames })) });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

type Told = { readonly data: string[]; readonly whole: boolean };

const listen = async (): Promise<Told> => {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
  });
  const data: string[] = [];
  const parser = createParser({ onEvent: (event) => data.push(event.data) });
  const decoder = new TextDecoder();
  try {
    for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
    return { data, whole: true };
  } catch {
    return { data, whole: false };
  }
};

const contentOf = (data: readonly string[]): string =>
  data
    .filter((text) => text !== '[DONE]')
    .map((text) => JSON.parse(text).choices[0]?.delta.content ?? '')
    .join('');

const text = fc.string({
  unit: fc.constantFrom('\n', '\r', 'data: ', '[DONE]', '{"error":1}', 'é', '😀', '\u2028', '"', '\\', ':', 'x'),
});

describe('a stream, whatever is in it', () => {
  it('says exactly the text that was sent, and is done only after a finish', async () => {
    const end = fc.constantFrom<readonly Frame[]>(
      [finishFrame],
      [usageFrame(1, 2), finishFrame],
      [finishFrame, usageFrame(1, 2)],
      [],
      [failureFrame({ sort: 'cut', phase: 'stream' })],
      [failureFrame({ sort: 'inband', phase: 'stream', message: 'overloaded' })],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 8 }), end, async (pieces, last) => {
        frames = [...pieces.map(textFrame), ...last];
        const complete = last.includes(finishFrame);
        const { data, whole } = await listen();
        expect(contentOf(data)).toBe(pieces.join(''));
        expect(whole).toBe(complete);
        expect(data.includes('[DONE]')).toBe(complete);
        expect(data.some((event) => event !== '[DONE]' && JSON.parse(event).error !== undefined)).toBe(!complete);
      }),
      { numRuns: 150 },
    );
  });
});
