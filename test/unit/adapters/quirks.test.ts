// The table of known providers: complete, addressed, and honest about what is unknown.
import { describe, expect, it } from 'vitest';
import { checkedBaseUrl } from '../../../src/adapters/http-provider.ts';
import { KNOWN_PROVIDERS } from '../../../src/adapters/known.ts';
import { createProvider, expressesOf } from '../../../src/adapters/providers.ts';
import { CHAT_PROVIDERS, chatProviderOf } from '../../../src/adapters/quirks.ts';
import { createTransport } from '../../../src/adapters/transport.ts';
import { PLAIN_CHAT } from '../../../src/dialects/chat-quirks.ts';
import { systemClock } from '../../../src/world.ts';

const all = Object.entries(KNOWN_PROVIDERS);

describe('the known providers', () => {
  it('have every row of the chat dialect, and the two native ones', () => {
    const names = [...Object.keys(CHAT_PROVIDERS), 'anthropic', 'gemini'].sort();
    expect(Object.keys(KNOWN_PROVIDERS).sort()).toEqual(names);
  });

  it.each(all)('%s can be found: by a key, or by its address on this machine', (_name, row) => {
    expect(row.keyless || row.keyEnv !== undefined).toBe(true);
    expect(row.keyEnv ?? 'NONE').toMatch(/^[A-Z0-9_]+$/);
  });

  it.each(all)('%s listens on a proper address, encrypted unless on this machine', (_name, row) => {
    if (row.baseUrl === undefined) return;
    const url = checkedBaseUrl(row.baseUrl);
    expect(url.protocol === 'https:' || url.hostname === '127.0.0.1').toBe(true);
    expect(row.data.selfHosted).toBe(url.hostname === '127.0.0.1');
  });

  it.each(all)('%s can be built', async (name, row) => {
    const transport = createTransport();
    const provider = createProvider({
      name,
      dialect: row.dialect,
      baseUrl: row.baseUrl ?? 'https://proxy.example/v1',
      transport,
      clock: systemClock,
      key: 'k',
    });
    expect(provider.name).toBe(name);
    expect(expressesOf({ name, dialect: row.dialect })).toBeInstanceOf(Set);
    await transport.close();
  });

  it('lack needs they answer with an error', () => {
    expect(expressesOf({ name: 'groq', dialect: 'chat' }).has('logprobs')).toBe(false);
    expect(expressesOf({ name: 'openai', dialect: 'chat' }).has('logprobs')).toBe(true);
    expect(expressesOf({ name: 'anthropic', dialect: 'messages' }).has('seed')).toBe(false);
  });

  it('a name nobody knows, or one of every object, gets the plain row', () => {
    expect(chatProviderOf('house')).toEqual(PLAIN_CHAT);
    expect(chatProviderOf('constructor')).toEqual(PLAIN_CHAT);
  });
});
