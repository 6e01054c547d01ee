import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { merge } from '../../../src/commands/prices-merge.ts';
import { UsageError } from '../../../src/commands/command.ts';

const silent = () => undefined;

describe('bourse prices merge of saved tables', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bourse-tables-'));
    const head =
      'name,max_completion_tokens,context_length,pricing_prompt,pricing_completion,p50_throughput,p50_latency';
    const row = 'Crusoe | meta-llama/llama-3.3-70b-instruct,8192.0,131072,0.000000039,0.00000012,12.615,2669';
    writeFileSync(join(folder, 'llama.csv'), `${head}\n${row}\n`);
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'notes.txt'), 'not a table');
    writeFileSync(
      join(folder, 'other', 'vercel-endpoints-glm-5.3-2026-09-28.csv'),
      'provider,in_per_M,out_per_M,cache_read_per_M\r\nbaseten,0.15,0.5,0.03\r\n',
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const merged = async (...words: readonly string[]) => {
    const lines: string[] = [];
    const out = (line: string): void => void lines.push(line);
    const code = await merge([...words, '--json'], { out, err: silent, write: silent, live: false });
    return { code, rows: JSON.parse(lines.join('')) };
  };

  it('reads a folder of one table a model, and one whose model is in its name, beside answers as they were given', async () => {
    const { code, rows } = await merged(
      '--feed',
      `openrouter-endpoints=${folder}`,
      '--feed',
      `vercel-endpoints=${join(folder, 'other', 'vercel-endpoints-glm-5.3-2026-09-28.csv')}`,
    );
    expect(code).toBe(0);
    expect(rows).toMatchObject([
      {
        offer: 'openrouter:meta/llama-3.3-70b@crusoe',
        input_usd_per_mtok: 0.039,
        output_usd_per_mtok: 0.12,
        status: 'single',
      },
      {
        provider: 'vercel',
        model: 'zhipuai/glm-5.3',
        input_usd_per_mtok: 0.15,
        output_usd_per_mtok: 0.5,
        cached_input_usd_per_mtok: 0.03,
      },
    ]);
  });

  it('says what it does not understand', async () => {
    await expect(merged()).rejects.toThrow(UsageError);
    await expect(merged('--feed', 'nobody=x.json')).rejects.toThrow(/with NAME one of .*litellm/);
    await expect(merged('--feed', `openrouter-endpoints=${folder}`, '--at', 'noon')).rejects.toThrow(
      '--at takes an instant',
    );
  });
});
