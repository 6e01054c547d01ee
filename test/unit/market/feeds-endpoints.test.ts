import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { median } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import type { FeedSpeed } from '../../../src/core/ports.ts';
import {
  OPENROUTER_ENDPOINTS,
  parseOpenrouterEndpoints,
  parseVercelEndpoints,
} from '../../../src/market/feeds/endpoints.ts';
import type { FeedTransport } from '../../../src/market/feeds/http.ts';
import type { Parsed } from '../../../src/market/feeds/parsed.ts';
import { createPerModelFeed, MOST_MODELS } from '../../../src/market/feeds/per-model.ts';
import { basePrice } from '../../../src/market/rates.ts';
import { createFakeClock } from '../../support/clock.ts';

const LLAMA = 'meta-llama/llama-3.3-70b-instruct';
const endpoint = (extra: object) => ({
  provider_name: 'DeepInfra',
  tag: 'deepinfra/fp8',
  context_length: 131_072,
  max_completion_tokens: 16_384,
  supported_parameters: ['tools'],
  pricing: { prompt: '0.00000005', completion: '0.00000017' },
  latency_last_30m: { p50: 171, p75: 300, p90: 500, p99: 4000 },
  throughput_last_30m: { p50: 35, p90: 50 },
  uptime_last_30m: 99.5,
  ...extra,
});
const GROQ = {
  provider_name: 'Groq',
  tag: 'groq',
  pricing: { prompt: '0.00000059', completion: '0.00000079' },
  latency_last_30m: { p50: 175 },
  throughput_last_30m: { p50: 411 },
  uptime_last_30m: 100,
};
const openrouter = (...endpoints: unknown[]): Parsed =>
  parseOpenrouterEndpoints({ data: { id: LLAMA, architecture: { input_modalities: ['text'] }, endpoints } });
const speed = ({ speeds }: Parsed, provider: string, wireId: string): FeedSpeed | undefined =>
  speeds?.find((each) => each.provider === provider && each.wireId === wireId);

describe('the hosts behind OpenRouter', () => {
  it('are priced one by one, under the gateway', () => {
    const { rows } = openrouter(endpoint({}), endpoint(GROQ));
    expect(rows.map(({ provider, wireId }) => `${provider} ${wireId}`)).toEqual([
      `openrouter ${LLAMA}:deepinfra-fp8`,
      `openrouter ${LLAMA}:groq`,
    ]);
    expect(rows.map(({ sheet }) => basePrice(sheet.rates, 'output'))).toEqual([170_000, 790_000]);
    expect(rows[0]).toMatchObject({ context: 131_072, maxOutput: 16_384, tools: true, vision: false });
  });

  it('tell first token, tokens a second and uptime of the direct offer, the endpoint and the gateway', () => {
    const parsed = openrouter(endpoint({}), endpoint(GROQ));
    expect(speed(parsed, 'deepinfra', LLAMA)).toMatchObject({ firstTokenMs: 171, tokensPerSecond: 35, uptime: 0.995 });
    expect(speed(parsed, 'openrouter', `${LLAMA}:groq`)).toMatchObject({ tokensPerSecond: 411, uptime: 1 });
    expect(speed(parsed, 'openrouter', LLAMA)).toMatchObject({ firstTokenMs: 173, tokensPerSecond: 223 });
  });

  it('have a 95th percentile between their 90th and 99th', () => {
    const p95 = speed(openrouter(endpoint({})), 'deepinfra', LLAMA)?.firstTokenMsP95 ?? 0;
    expect(p95).toBeGreaterThan(1000);
    expect(p95).toBeLessThan(1100);
  });

  it('promise the slower of two ways one host serves a model', () => {
    const slow = endpoint({ tag: 'deepinfra/turbo', latency_last_30m: { p50: 900 }, throughput_last_30m: { p50: 90 } });
    expect(speed(openrouter(endpoint({}), slow), 'deepinfra', LLAMA)).toMatchObject({
      firstTokenMs: 900,
      tokensPerSecond: 35,
    });
  });

  it.each([
    ['null', null],
    ['zero', { p50: 0 }],
    ['negative', { p50: -1 }],
    ['text', { p50: '171' }],
  ])('have no first token where it is %s, and keep the rest', (_what, latency) => {
    const found = speed(openrouter(endpoint({ latency_last_30m: latency })), 'deepinfra', LLAMA);
    expect(found).not.toHaveProperty('firstTokenMs');
    expect(found).toMatchObject({ tokensPerSecond: 35 });
  });

  it('keep their prices and lose their speeds where these are in seconds', () => {
    const parsed = openrouter(
      endpoint({ latency_last_30m: { p50: 0.17 } }),
      endpoint({ ...GROQ, latency_last_30m: { p50: 0.18 } }),
    );
    expect(parsed.rows).toHaveLength(2);
    expect(parsed.speeds).toEqual([]);
    expect(parsed.skipped).toEqual(['speeds: a median first token of 0.175 is not in milliseconds']);
  });

  it('are not free at 0/0 unless the model says so', () => {
    expect(openrouter(endpoint({ pricing: { prompt: '0', completion: '0' } })).rows).toEqual([]);
  });

  it('lose one broken endpoint without the others', () => {
    const { rows, skipped } = openrouter(
      null,
      { pricing: 7 },
      endpoint({ pricing: { prompt: '-1', completion: '-1' } }),
      endpoint(GROQ),
    );
    expect(rows).toHaveLength(1);
    expect(skipped).toHaveLength(3);
  });
});

describe('the hosts behind Vercel', () => {
  const answer = (extra: object = {}) => ({
    data: {
      id: 'zai/glm-9',
      architecture: { input_modalities: ['text'], output_modalities: ['text'] },
      endpoints: [
        {
          provider_name: 'togetherai',
          pricing: { prompt: '0.00000015', completion: '0.0000005', request: '0', discount: 0.3 },
          uptime_last_15m: 100,
          uptime_last_1h: 99.9,
          uptime_last_1d: 99.9772,
          latency_last_1h: { p50: 870, p95: 7458 },
          throughput_last_1h: { p50: 86, p95: 138 },
          ...extra,
        },
      ],
    },
  });

  it('are priced at the list, whatever discount is named', () => {
    const { rows } = parseVercelEndpoints(answer());
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ provider: 'vercel', wireId: 'zai/glm-9:togetherai' });
    expect(basePrice(rows[0]?.sheet.rates ?? [], 'input')).toBe(150_000);
  });

  it('tell their p50 and p95 of the last hour', () => {
    expect(speed(parseVercelEndpoints(answer()), 'together', 'zai/glm-9')).toEqual({
      provider: 'together',
      wireId: 'zai/glm-9',
      firstTokenMs: 870,
      firstTokenMsP95: 7458,
      tokensPerSecond: 86,
      uptime: 0.999,
    });
  });

  it('tell nothing while they are idle', () => {
    const idle = {
      latency_last_1h: null,
      throughput_last_1h: null,
      uptime_last_15m: null,
      uptime_last_1h: null,
      uptime_last_1d: null,
    };
    expect(parseVercelEndpoints(answer(idle)).speeds).toEqual([]);
  });
});

describe('a feed that answers model by model', () => {
  const stage = (answers: Readonly<Record<string, string | number>>, models = Object.keys(answers)) => {
    const asked: string[] = [];
    const transport: FeedTransport = async (url) => {
      asked.push(url);
      const found = Object.entries(answers).find(([model]) => url.endsWith(`/${model}/endpoints`))?.[1] ?? 404;
      const text = typeof found === 'number' ? '' : found;
      const body = (async function* () {
        yield new TextEncoder().encode(text);
      })();
      return { status: typeof found === 'number' ? found : 200, headers: {}, body };
    };
    const feed = createPerModelFeed({
      spec: OPENROUTER_ENDPOINTS,
      parse: parseOpenrouterEndpoints,
      transport,
      clock: createFakeClock(1000),
      models,
    });
    return { asked, read: () => feed.read(new AbortController().signal) };
  };
  const one = (id: string) => JSON.stringify({ data: { id, endpoints: [endpoint({})] } });

  it('makes one reading of all answers, in the order of its models', async () => {
    const { read, asked } = stage({ 'a/one': one('a/one'), 'b/two': one('b/two') });
    expect((await read())?.rows.map(({ wireId }) => wireId)).toEqual(['a/one:deepinfra-fp8', 'b/two:deepinfra-fp8']);
    expect(asked).toEqual([
      'https://openrouter.ai/api/v1/models/a/one/endpoints',
      'https://openrouter.ai/api/v1/models/b/two/endpoints',
    ]);
  });

  it('leaves out a model whose answer fails or is no JSON', async () => {
    const { read } = stage({ 'a/one': 503, 'b/two': '<html>', 'c/three': one('c/three') });
    expect((await read())?.rows.map(({ wireId }) => wireId)).toEqual(['c/three:deepinfra-fp8']);
  });

  it('fails when every model does', async () => {
    await expect(stage({ 'a/one': 401 }).read()).rejects.toThrow('openrouter-endpoints answered 401');
  });

  it('asks for a bounded number of models', async () => {
    const many = Array.from({ length: MOST_MODELS + 20 }, (_, index) => `a/m${index}`);
    const { read, asked } = stage({ 'a/m0': one('a/m0') }, many);
    await read();
    expect(asked).toHaveLength(MOST_MODELS);
  });
});

const FEEDS = new URL('../../../../shared/data/feeds/', import.meta.url);
const HOSTS = new URL('openrouter-endpoints-2025-06-27/', FEEDS);

/** The snapshot is CSV; this writes it as the API would. */
const csv = (url: URL): readonly Readonly<Record<string, string>>[] => {
  const [head = '', ...lines] = readFileSync(url, 'utf8').trim().split(/\r?\n/);
  const names = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, at) => [name, cells[cells.length - names.length + at] ?? '']));
  });
};
const number = (text: string | undefined): number | null => (text ? Number(text) : null);

describe.skipIf(!existsSync(HOSTS))('a snapshot of real hosts', () => {
  it('of OpenRouter gives the spread that was measured on it', () => {
    const answers = readdirSync(HOSTS).map((file) => ({
      data: {
        id: file.replace('.csv', '').replace('_', '/'),
        endpoints: csv(new URL(file, HOSTS)).map((row, at) => ({
          tag: `host-${at}`,
          pricing: { prompt: row['pricing_prompt'], completion: row['pricing_completion'] },
          latency_last_30m: { p50: number(row['p50_latency']) },
          throughput_last_30m: { p50: number(row['p50_throughput']) },
        })),
      },
    }));
    const { rows, speeds = [] } = parseOpenrouterEndpoints({ answers });
    const endpoints = speeds.filter(({ provider, wireId }) => provider === 'openrouter' && wireId.includes(':host-'));
    expect(rows.length).toBeGreaterThan(400);
    expect(median(endpoints.flatMap((each) => each.firstTokenMs ?? []))).toBeCloseTo(652, -2);
    expect(median(endpoints.flatMap((each) => each.tokensPerSecond ?? []))).toBeCloseTo(65, -1);
  });

  it('of Vercel gives 19 hosts, the cheapest at 0.07 dollars', () => {
    const url = new URL('vercel-endpoints-glm-5.3-flash-2026-09-28.csv', FEEDS);
    const perToken = (text: string | undefined) => (Number(text) / 1e6).toFixed(12);
    const endpoints = csv(url).map((row) => ({
      provider_name: row['provider'],
      pricing: { prompt: perToken(row['in_per_M']), completion: perToken(row['out_per_M']) },
      latency_last_1h: { p50: number(row['ttft_p50_ms']), p95: number(row['ttft_p95_ms']) },
      throughput_last_1h: { p50: number(row['tps_p50']) },
      uptime_last_1d: number(row['uptime_1d']),
    }));
    const parsed = parseVercelEndpoints({ data: { id: 'zai/glm-5.3-flash', endpoints } });
    expect(parsed.rows).toHaveLength(19);
    expect(Math.min(...parsed.rows.map(({ sheet }) => basePrice(sheet.rates, 'input') ?? 0))).toBe(70_000);
    expect(speed(parsed, 'baseten', 'zai/glm-5.3-flash')).toMatchObject({ firstTokenMs: 550, tokensPerSecond: 123 });
    expect(parsed.speeds?.filter(({ provider }) => provider !== 'vercel')).toHaveLength(19);
  });
});
