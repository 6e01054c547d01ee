import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_FEEDS } from '../../../src/market/feeds/built-in.ts';
import { createCanonicaliser } from '../../../src/market/identity.ts';
import { loadAliases } from '../../../src/market/identity-aliases.ts';
import { mergeReadings } from '../../../src/market/merge.ts';

const canonicalise = createCanonicaliser(loadAliases(new URL('../../../pricing/aliases.json', import.meta.url)));
const readingOf = (name: string, content: unknown, observedAt: number) => {
  const feed = BUILT_IN_FEEDS.find(({ spec }) => spec.name === name);
  if (!feed) throw new Error(`no feed ${name}`);
  const { lineage, precedence } = feed.spec;
  return { name, lineage, precedence, revision: 'r1', observedAt, ...feed.parse(content) };
};
const AT = Date.UTC(2026, 7, 22);

describe('merged feeds', () => {
  it('are one row per offer, with where each number comes from', () => {
    const dev = { groq: { models: { 'llama-3.3-70b-versatile': { cost: { input: 0.59, output: 0.79 } } } } };
    const lite = {
      'groq/llama-3.3-70b-versatile': {
        litellm_provider: 'groq',
        mode: 'chat',
        input_cost_per_token: 5.9e-7,
        output_cost_per_token: 7.9e-7,
        cache_read_input_token_cost: 1e-7,
      },
      'wandb/meta-llama/Llama-3.3-70B-Instruct': {
        litellm_provider: 'wandb',
        mode: 'chat',
        input_cost_per_token: 0.071,
        output_cost_per_token: 0.071,
      },
    };
    const readings = [readingOf('models.dev', dev, AT - 3600_000), readingOf('litellm', lite, AT - 7200_000)];
    expect(mergeReadings(readings, { canonicalise, at: AT })).toEqual([
      {
        offer: 'groq:meta/llama-3.3-70b',
        provider: 'groq',
        model: 'meta/llama-3.3-70b',
        wire_id: 'llama-3.3-70b-versatile',
        input_usd_per_mtok: 0.59,
        output_usd_per_mtok: 0.79,
        cached_input_usd_per_mtok: 0.1,
        status: 'verified',
        confidence: 0.989,
        age_s: 3600,
        sources: ['models.dev@r1 2026-08-21', 'litellm@r1 2026-08-21'],
        reasons: [],
      },
    ]);
  });
});

const DIRECTORY = '/work/shared/data/feeds/';
describe('the real snapshots', () => {
  it.skipIf(!existsSync(DIRECTORY))(
    'merge without a price above $1000 a million, below zero, or a known unit error',
    () => {
      const read = (name: string, file: string, date: string) =>
        readingOf(name, readFileSync(DIRECTORY + file, 'utf8'), Date.parse(date));
      const rows = mergeReadings(
        [
          read('litellm', 'litellm-2026-08-01.json', '2026-08-01'),
          read('models.dev', 'models.dev-2026-07-02.json', '2026-07-02'),
          read('genai-prices', 'genai-prices-v2-2026-08-21.json', '2026-08-21'),
          read('openrouter', 'openrouter-models-2026-08-22.json', '2026-08-22'),
        ],
        { canonicalise, at: AT },
      );
      expect(rows.length).toBeGreaterThan(6000);
      const prices = rows.flatMap((row) => [
        row.input_usd_per_mtok,
        row.output_usd_per_mtok,
        row.cached_input_usd_per_mtok,
      ]);
      expect(prices.filter((price) => price !== null && !(price >= 0 && price <= 1000))).toEqual([]);
      expect(rows.filter((row) => row.provider === 'wandb' && (row.input_usd_per_mtok ?? 0) > 10)).toEqual([]);
      expect(rows.filter((row) => row.sources.length === 0 || row.status === '')).toEqual([]);
      expect(rows.filter((row) => row.status === 'verified').length).toBeGreaterThan(400);
    },
  );
});
