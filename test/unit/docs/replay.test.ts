// docs/replay.md against the code, and the tables of benchmarks/README.md against the newest result.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BASELINES } from '../../../benchmarks/baselines/baselines.ts';
import { withReplayTables } from '../../../benchmarks/replay-tables.ts';
import { eventsIn } from '../../../src/app/replay/events.ts';
import { LONGEST_LINE, MOST_LINES } from '../../../src/app/replay/lines.ts';
import { readRecording } from '../../../src/app/replay/rows.ts';
import { replay } from '../../../src/commands/replay.ts';
import { namesIn, pageAt, section } from './markdown.ts';

const page = pageAt('docs/replay.md');
const bench = pageAt('benchmarks/README.md');
const folder = mkdtempSync(join(tmpdir(), 'bourse-replay-page-'));
afterAll(() => rmSync(folder, { recursive: true }));

const blockOf = (text: string, language: string): string =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? '';

describe('docs/replay.md', () => {
  it('lists the options there are', () => {
    const inUsage = [...replay.usage.matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
    expect([...new Set(namesIn(section(page, 'Replaying recorded prompts')))].sort()).toEqual(
      [...new Set(inUsage)].sort(),
    );
  });

  it('shows a row that is read and events that are understood', async () => {
    const path = join(folder, 'row.jsonl');
    writeFileSync(path, blockOf(section(page, 'The recording'), 'json'));
    const { rows, models } = await readRecording(path);
    expect(rows[0]?.outcomes.get('author/large')).toEqual({ quality: 0.5, outputTokens: 200 });
    const yaml = blockOf(section(page, 'Events'), 'yaml');
    expect(eventsIn(yaml, 'page', [...models, 'author/new'])).toHaveLength(4);
  });

  it('states the bounds that are held', () => {
    const plain = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
    expect(page).toContain(`${plain(LONGEST_LINE)} characters`);
    expect(page).toContain(`a file ${plain(MOST_LINES)} lines`);
  });
});

describe('benchmarks/README.md', () => {
  it('has the tables of the newest result', () => {
    expect(withReplayTables(bench)).toBe(bench);
  });

  it('says of every baseline what it is', () => {
    const named = namesIn(section(bench, 'bench:replay'));
    for (const name of Object.keys(BASELINES)) expect(named).toContain(name);
  });
});

const of = (quality: number, cost_usd = 1e-3) => ({
  quality,
  cost_usd,
  lift_over_hull: quality - 0.8,
  lift_ci95: null,
});
const result = (routers: object) => ({
  command: 'npm run bench:replay',
  machine: { date: '2026-11-24T10:00:00Z', commit: 'abc1234', node: 'v26.10.0', cpu: 'Testcore 9', cores: 2 },
  rows: [
    {
      set: 'made-up',
      start: 'cold',
      prompts: 10,
      models: 2,
      seeds: 1,
      budget_usd: 1e-3,
      coin_flip: 0.8,
      best_single: 0.9,
      random: 0.6,
      oracle: 0.95,
      regret: 1,
      decision_us: { p50: 100, p99: 200 },
      routers,
    },
  ],
  pairs: [],
});

describe('writing the tables', () => {
  const marks = '<!-- numbers: replay -->\n<!-- /numbers -->\n';
  const tables = (routers: object): string => {
    writeFileSync(join(folder, 'replay-2026-11-24-abc1234.json'), JSON.stringify(result(routers)));
    return withReplayTables(marks, folder);
  };

  it('asks for a result where there is none', () => {
    expect(() => withReplayTables(marks, join(folder, 'empty'))).toThrow('run bench:replay');
  });

  it('says so where a simpler router wins, and where the coin flip does', () => {
    expect(tables({ Bourse: of(0.82), LinUCB: of(0.83) })).toContain('over 1 budgets: LinUCB 1');
    expect(tables({ Bourse: of(0.79), LinUCB: of(0.78) })).toContain(
      'coin flip 1. Bourse is below the hull at its own dollars in 1 of 1',
    );
  });

  it('compares nobody who overspent, and says by how much', () => {
    const text = tables({ Bourse: of(0.82), LinUCB: of(0.9, 1.2e-3) });
    expect(text).toContain('over 1 budgets: Bourse 1');
    expect(text).toContain('0.900 (+20 %)');
  });
});
