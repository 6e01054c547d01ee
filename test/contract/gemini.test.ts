// The provider contract for Gemini, and what is its own: the model is in the URL.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGemini, GEMINI } from '../../src/adapters/gemini.ts';
import { KNOWN_PROVIDERS } from '../../src/adapters/known.ts';
import { createTransport, type Transport } from '../../src/adapters/transport.ts';
import { systemClock } from '../../src/world.ts';
import { sampleOffer, sampleRequest } from '../support/sample.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';
import { geminiFixtures } from './fixtures/gemini.ts';
import { collect, runProviderContract } from './provider.contract.ts';

runProviderContract({
  name: 'gemini',
  dialect: 'gemini',
  createProvider: (deps) => createGemini({ ...deps, name: 'gemini', key: 'secret-key' }),
  credential: ['x-goog-api-key', 'secret-key'],
  paths: {
    whole: '/models/wire-model:generateContent',
    stream: '/models/wire-model:streamGenerateContent?alt=sse',
  },
  fixtures: geminiFixtures,
});

describe('gemini', () => {
  let upstream: Upstream;
  let transport: Transport;
  beforeAll(async () => {
    upstream = await startUpstream();
    transport = createTransport();
  });
  afterAll(async () => {
    await transport.close();
    await upstream.close();
  });

  const pathOf = async (wireId: string) => {
    upstream.play(json(geminiFixtures.textAnswer));
    const baseUrl = `${upstream.url}/v1beta`;
    const provider = createGemini({ name: 'g', baseUrl, transport, clock: systemClock, key: 'k' });
    const timeouts = { connectMs: 5_000, headersMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000 };
    const { signal } = new AbortController();
    await collect(
      provider.call({ offer: sampleOffer('a:b/c', { wireId }), request: sampleRequest(), timeouts, signal }),
    );
    return upstream.seen.at(-1)?.path;
  };

  it('takes ids with and without the prefix its own list has', async () => {
    expect(await pathOf('gemini-2.5-flash')).toBe('/v1beta/models/gemini-2.5-flash:generateContent');
    expect(await pathOf('models/gemini-2.5-flash')).toBe('/v1beta/models/gemini-2.5-flash:generateContent');
  });

  it.each(['../files', '..', 'a?key=b', 'x#y', 'a/../../b'])(
    'keeps the odd id %s inside its one segment',
    async (id) => {
      expect(await pathOf(id)).toBe(`/v1beta/models/${encodeURIComponent(id)}:generateContent`);
    },
  );

  it('is among the known providers', () => {
    expect(KNOWN_PROVIDERS['gemini']).toBe(GEMINI);
  });
});
