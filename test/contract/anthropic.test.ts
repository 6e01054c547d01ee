// The provider contract for Anthropic, and what is its own: the version header, and headers of the operator's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANTHROPIC, createAnthropic } from '../../src/adapters/anthropic.ts';
import { KNOWN_PROVIDERS } from '../../src/adapters/known.ts';
import { createTransport, type Transport } from '../../src/adapters/transport.ts';
import { systemClock } from '../../src/world.ts';
import { sampleOffer, sampleRequest } from '../support/sample.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';
import { anthropicFixtures } from './fixtures/anthropic.ts';
import { collect, runProviderContract } from './provider.contract.ts';

runProviderContract({
  name: 'anthropic',
  dialect: 'messages',
  createProvider: (deps) => createAnthropic({ ...deps, name: 'anthropic', key: 'secret-key' }),
  credential: ['x-api-key', 'secret-key'],
  paths: { whole: '/messages', stream: '/messages' },
  fixtures: anthropicFixtures,
});

describe('anthropic', () => {
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

  const headersOf = async (change: { readonly key?: string; readonly headers?: Readonly<Record<string, string>> }) => {
    upstream.play(json(anthropicFixtures.textAnswer));
    const provider = createAnthropic({ name: 'a', baseUrl: upstream.url, transport, clock: systemClock, ...change });
    const timeouts = { connectMs: 5_000, headersMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000 };
    const { signal } = new AbortController();
    await collect(provider.call({ offer: sampleOffer(), request: sampleRequest(), timeouts, signal }));
    return upstream.seen.at(-1)?.headers;
  };

  it('says which version of the API it speaks, and lets the operator add and change headers', async () => {
    expect(await headersOf({ key: 'k' })).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'k' });
    const headers = { 'anthropic-beta': 'context-1m', 'anthropic-version': '2030-01-01', 'x-api-key': 'not this' };
    expect(await headersOf({ key: 'k', headers })).toMatchObject({ ...headers, 'x-api-key': 'k' });
  });

  it('sends no key to a server that takes none', async () => {
    expect(await headersOf({})).not.toHaveProperty('x-api-key');
  });

  it('is among the known providers', () => {
    expect(KNOWN_PROVIDERS['anthropic']).toBe(ANTHROPIC);
  });
});
