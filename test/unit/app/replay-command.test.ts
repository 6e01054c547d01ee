// bourse replay as a person types it: what is wrong with the words, and what comes out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../../src/commands/replay.ts';
import { LARGE, SMALL, twoKinds, writeRecording } from '../../support/recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-replay-'));
let data: string;
beforeAll(() => {
  data = writeRecording(folder, 'rows.jsonl.gz', twoKinds(7, 120));
});
afterAll(() => rmSync(folder, { recursive: true }));

const type = async (words: readonly string[], live = false) => {
  const said = { out: '', err: '', drawn: '' };
  const code = await replay.run(words, {
    out: (line) => (said.out += `${line}\n`),
    err: (line) => (said.err += `${line}\n`),
    write: (text) => (said.drawn += text),
    live,
  });
  return { code, ...said };
};
const ask = (...words: string[]) => type(['--data', data, '--seeds', '1', ...words]);

describe('bourse replay', () => {
  it('prints JSON of every goal, in their order', async () => {
    const { code, out, drawn } = await type(
      [
        '--data',
        data,
        '--seeds',
        '2',
        '--budget',
        '2e-4',
        '--budget',
        '$0.001',
        '--worth',
        '0.01',
        '--floor',
        `0.9:${LARGE}`,
        '--json',
      ],
      true,
    );
    expect(code).toBe(0);
    const report: { dataset: string; results: readonly object[] } = JSON.parse(out);
    expect(report.dataset).toBe('rows');
    expect(report.results).toMatchObject([
      { budget_usd: 2e-4 },
      { budget_usd: 1e-3 },
      { worth_usd: 0.01 },
      { floor: `0.9:${LARGE}` },
    ]);
    expect(drawn).toBe('');
  });

  it('prints a table, and draws a bar on a terminal only', async () => {
    const { out, drawn } = await type(['--data', data, '--seeds', '1', '--budget', '0.001'], true);
    expect(out).toContain('rows: 120 prompts × 2 models, bandit, 1 seed');
    expect(drawn).toContain('█');
    expect((await ask('--budget', '0.001')).drawn).toBe('');
  });

  it('compares two models without a goal and without prices', async () => {
    const bare = twoKinds(8, 120).map((row) => ({
      ...row,
      outcomes: Object.fromEntries(Object.entries(row.outcomes).map(([model, { quality }]) => [model, { quality }])),
    }));
    const path = writeRecording(folder, 'bare.jsonl', bare);
    const { out } = await type([
      '--data',
      path,
      '--protocol',
      'supervised',
      '--labels',
      '60',
      '--seeds',
      '1',
      '--json',
    ]);
    expect(JSON.parse(out)).toMatchObject({ prompts: 60, results: [], pair: { weak: SMALL, strong: LARGE } });
    await expect(type(['--data', path, '--budget', '1'])).rejects.toThrow(/bare\.jsonl:1 .*--prices/);
  });

  it('learns from half of the prompts where a supervised replay does not say', async () => {
    const { out } = await ask('--protocol', 'supervised', '--budget', '0.001', '--json');
    expect(JSON.parse(out)).toMatchObject({ protocol: 'supervised', prompts: 60 });
  });

  it('says how many prompts had no outcome', async () => {
    const rows = [...twoKinds(9, 20), { id: 'none', prompt: 'nobody', outcomes: {} }];
    const path = writeRecording(folder, 'gap.jsonl', rows);
    expect((await type(['--data', path, '--budget', '1', '--seeds', '1'])).err).toContain('1 prompts have no outcome');
  });

  it('says what dollars were worked out, and which events come after the end', async () => {
    const bare = { id: 'bare', prompt: 'how much?', outcomes: { [SMALL]: { quality: 1 } } };
    const path = writeRecording(folder, 'part.jsonl', [...twoKinds(9, 20), bare]);
    const prices = join(folder, 'list.json');
    writeFileSync(prices, JSON.stringify({ [SMALL]: { input_price: 1, output_price: 2 } }));
    const late = join(folder, 'late.yaml');
    writeFileSync(late, `- { at: 21, outage: { model: ${LARGE} } }\n- { at: 20, outage: { model: ${LARGE} } }\n`);
    const words = ['--data', path, '--budget', '1', '--seeds', '1', '--prices', prices, '--events', late];
    const { err } = await type(words);
    expect(err).toContain('1 of 41 answers have no cost_usd: theirs is list price × tokens');
    expect(err).toContain('1 of them have no length');
    expect(err).toContain('1 of 2 events never come: the stream has 21 requests');
  });

  it('warms up from another file of the same models and refuses one of others', async () => {
    const warm = writeRecording(folder, 'warm.jsonl', twoKinds(10, 80));
    expect((await ask('--budget', '0.001', '--warm', warm)).out).toContain('rows: 120 prompts');
    const other = writeRecording(folder, 'other.jsonl', [{ id: 1, prompt: 'p', outcomes: { z: { quality: 1 } } }]);
    await expect(ask('--budget', '0.001', '--warm', other)).rejects.toThrow(/has no outcome of any model/);
  });

  const events = (): string => {
    const path = join(folder, 'events.yaml');
    writeFileSync(path, `- { at: 10, outage: { model: ${LARGE} } }\n- { at: 5, prise: { model: ${LARGE} } }\n`);
    return path;
  };

  it.each([
    ['no file', ['--budget', '1'], /name the recording with --data FILE/],
    ['a bare word', ['--data', 'x', 'y'], /what is "y"\?/],
    ['a budget of nothing', ['--budget', '0'], /--budget takes a number above 0/],
    ['a budget in words', ['--budget', 'cheap'], /--budget takes a number above 0, at most 1000, not "cheap"/],
    ['a floor without a model', ['--floor', '0.9'], /--floor takes a share of a model's quality, such as 0.95:MODEL/],
    ['a floor above one', ['--floor', `2:${LARGE}`], /--floor takes a number/],
    ['a protocol nobody knows', ['--protocol', 'oracle'], /--protocol is bandit or supervised/],
    ['half a seed', ['--seeds', '0.5'], /--seeds takes a whole number from 1/],
    ['too often heard', ['--feedback-rate', '2'], /--feedback-rate takes a number from 0 to 1/],
    ['an empty model', ['--models', 'a,,b'], /--models takes names separated by commas/],
    ['a flag nobody knows', ['--bugdet', '1'], /bugdet/],
  ])('refuses %s', async (_, words, message) => {
    const all = words.includes('--data') || message.source.startsWith('name') ? words : ['--data', data, ...words];
    await expect(type(all)).rejects.toThrow(message);
  });

  it('refuses what the file cannot give, naming what it has', async () => {
    await expect(ask('--floor', '0.9:gpt-9')).rejects.toThrow(
      /--floor names gpt-9; the file has plain\/small, plain\/large/,
    );
    await expect(ask('--budget', '1', '--models', 'gpt-9')).rejects.toThrow(/has no outcomes of gpt-9/);
    await expect(ask('--models', SMALL)).rejects.toThrow(/say what to aim for/);
    await expect(ask('--budget', '1', '--labels', '120')).rejects.toThrow(/--labels 120 leaves nothing to route/);
    await expect(ask('--budget', '1', '--events', events())).rejects.toThrow(/events\.yaml:2:\d+ {2}\[1\]\.prise/);
  });
});
