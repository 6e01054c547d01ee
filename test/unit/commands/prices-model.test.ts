// bourse prices --model, offline: on the bundled list, in a folder where nothing is configured.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareSellers } from '../../../src/commands/prices-model.ts';
import type { Terminal } from '../../../src/commands/command.ts';
import { sellersSchema } from '../../../src/http/sellers-view.ts';
import { nearestModels } from '../../../src/market/nearest-models.ts';
import { loadSnapshot } from '../../../src/market/snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-prices-'));
afterAll(() => rmSync(folder, { recursive: true }));
const config = join(folder, 'bourse.yaml');
writeFileSync(
  config,
  JSON.stringify({
    prices: { feeds: 'off' },
    providers: {
      house: {
        dialect: 'openai',
        base_url: 'http://127.0.0.1:9/v1',
        offers: [
          {
            model: 'meta/llama-3.3-70b',
            wire_id: 'llama',
            price: { input: '$0.01/M', output: '$0.02/M' },
            context: '128k',
          },
        ],
      },
    },
  }),
);

const run = async (change: { model: string; json?: boolean; limit?: number; provider?: string }) => {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    write: () => undefined,
    live: false,
  };
  const code = await compareSellers({ json: false, limit: 100, config, ...change }, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
};

describe('bourse prices --model', () => {
  it('has as JSON what the API has, configured or not, to the last field', async () => {
    const { code, out } = await run({ model: 'Meta/Llama-3.3-70B', json: true });
    expect(code).toBe(0);
    const view = JSON.parse(out);
    expect(sellersSchema.parse(view)).toEqual(view);
    expect(view).toMatchObject({ object: 'list', model: 'meta/llama-3.3-70b', blend: '3 input : 1 output' });
    expect(view.data[0]).toMatchObject({
      offer: 'house:meta/llama-3.3-70b',
      configured: true,
      blended_usd_per_million: 0.0125,
      cached_input_usd_per_million: null,
      status: 'override',
      confidence: 1,
      first_token_ms: null,
      first_token_p95_ms: null,
      tokens_per_second: null,
      latency_from: null,
      latency_age_seconds: null,
      uptime: null,
      dominated_by: null,
      data: { training: 'unknown', retention: 'unknown', regions: [], self_hosted: false },
    });
    const groq = view.data.find(({ provider }: { provider: string }) => provider === 'groq');
    expect(groq).toMatchObject({ configured: false, data: { training: 'never', retention: 'limited' } });
    expect(groq.sheet.sources.length).toBeGreaterThan(0);
    expect(view.spread.sellers).toBe(view.data.length);
    expect(view.spread.cheapest_usd_per_million).toBe(0.0125);
    expect(view.spread.cheapest_below_median).toBeGreaterThan(0.9);
  });

  it('fits a terminal of 120 columns, says the blend and the spread', async () => {
    const { code, out } = await run({ model: 'meta/llama-3.3-70b' });
    expect(code).toBe(0);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(out).toMatch(/^• {3}house +\$0\.01 +– +\$0\.02 +\$0\.0125 /m);
    expect(out).toMatch(/^ {4}groq +\$0\.59 .* never\/some /m);
    expect(out).toMatch(
      /\d+ sellers with a price, \$0\.0125 to \$2\.92 per million \(3 input : 1 output\), [\d.]+ times/,
    );
  });

  it('narrows to a provider, with the spread of all', async () => {
    const { out } = await run({ model: 'meta/llama-3.3-70b', provider: 'groq', json: true });
    const view = JSON.parse(out);
    expect(view.data.map(({ provider }: { provider: string }) => provider)).toEqual(['groq']);
    expect(view.spread.sellers).toBeGreaterThan(10);
    expect((await run({ model: 'meta/llama-3.3-70b', provider: 'nobody' })).code).toBe(1);
  });

  it('suggests the names somebody may have meant', async () => {
    const { code, out, err } = await run({ model: 'meta/lama-3.3-70' });
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^nobody is known to sell "meta\/lama-3\.3-70"; did you mean meta\/llama-3\.3-70b, /);
    expect((await run({ model: 'nobody/nothing-at-all' })).err).not.toContain('did you mean');
  });
});

describe('the nearest names', () => {
  const models = loadSnapshot(new URL('../../../pricing/prices.json', import.meta.url)).map(({ model }) => model);

  it.each([
    ['llama-3.3-70b', 'meta/llama-3.3-70b'],
    ['openai/gpt5-mini', 'openai/gpt-5-mini'],
    ['antropic/claude-sonnet-4.5', 'anthropic/claude-sonnet-4-5'],
    ['deepseek-v3.2', 'deepseek/deepseek-v3.2'],
  ])('of %s begin with %s', (written, meant) => {
    expect(nearestModels(written, models)[0]?.replaceAll('.', '-')).toBe(meant.replaceAll('.', '-'));
  });

  it('are five at most, and none for what is like nothing', () => {
    expect(nearestModels('gpt', models).length).toBeLessThanOrEqual(5);
    expect(nearestModels('x'.repeat(10_000), models)).toEqual([]);
    expect(nearestModels('zzzzqqqq/wwwwkkkk', models)).toEqual([]);
  });
});
