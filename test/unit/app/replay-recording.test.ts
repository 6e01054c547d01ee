// The recordings a replay reads: what they may hold, and that a fault is said with its file, its line and what to do.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { LONGEST_LINE } from '../../../src/app/replay/lines.ts';
import { readRecording } from '../../../src/app/replay/rows.ts';
import { writeRecording } from '../../support/recording.ts';

/** POSIX; Node has none of its own. */
const MAKE_PIPE = 'mkfifo';

const folder = mkdtempSync(join(tmpdir(), 'bourse-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const row = (id: string, outcomes: object, more: object = {}) => ({ id, prompt: `what of ${id}?`, outcomes, ...more });
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const line = (value: object): string => `${JSON.stringify(value)}\n`;
const good = line(row('a', { m: { quality: 1, cost_usd: 0.1 } }));

describe('a recording', () => {
  it('is read plain or gzipped, with blank lines and without a last line end', async () => {
    const text = `${good}\n${JSON.stringify(row('b', { m: { quality: 0.5 }, n: { quality: 0 } }))}`;
    const plain = await readRecording(write('plain.jsonl', text));
    const path = join(folder, 'packed.jsonl.gz');
    writeFileSync(path, gzipSync(text));
    const packed = await readRecording(path);
    expect(plain.rows.map(({ id, line: at }) => [id, at])).toEqual([
      ['a', 1],
      ['b', 3],
    ]);
    expect(plain.models).toEqual(['m', 'n']);
    expect(packed.rows).toEqual(plain.rows);
  });

  it('turns characters into tokens by four, takes null and zero tokens as unknown, and tools as a number or a yes', async () => {
    const { rows } = await readRecording(
      writeRecording(folder, 'tokens.jsonl', [
        row(
          'a',
          { m: { quality: 1, output_chars: 402 }, n: { quality: 1, output_tokens: 0, input_tokens: null } },
          { tools: 3 },
        ),
        row('b', { m: { quality: 1, output_tokens: 7, output_chars: 4_000 } }, { tools: true }),
      ]),
    );
    expect(rows[0]?.outcomes.get('m')).toEqual({ quality: 1, outputTokens: 101 });
    expect(rows[0]?.outcomes.get('n')).toEqual({ quality: 1 });
    expect(rows[1]?.outcomes.get('m')).toEqual({ quality: 1, outputTokens: 7 });
    expect(rows.map(({ tools }) => tools)).toEqual([3, 1]);
  });

  it('leaves out prompts without an outcome of the wanted models, and counts them', async () => {
    const path = writeRecording(folder, 'some.jsonl', [
      row('a', { m: { quality: 1 } }),
      row('b', {}),
      row('c', { n: { quality: 1 } }),
    ]);
    expect(await readRecording(path)).toMatchObject({ empty: 1, rows: { length: 2 } });
    expect(await readRecording(path, ['n'])).toMatchObject({ empty: 2, models: ['n'] });
    await expect(readRecording(path, ['o'])).rejects.toThrow(/some\.jsonl {2}has no outcomes of o; it has m, n/);
  });

  it('keeps rows whose id stood there before, with another prompt or the same, and counts them', async () => {
    const path = writeRecording(folder, 'ids.jsonl', [
      row('a', { m: { quality: 1 } }),
      row('a', { m: { quality: 0 } }, { prompt: 'another' }),
      row('a', { m: { quality: 1 } }),
    ]);
    expect(await readRecording(path)).toMatchObject({ reused: 2, rows: { length: 3 } });
  });

  it('takes null for an answer that was not asked for or not judged', async () => {
    const path = writeRecording(folder, 'nulls.jsonl', [
      row('a', { m: null, n: { quality: 1 }, o: { quality: null, cost_usd: 1 } }),
      row('b', { m: { quality: 0 } }),
    ]);
    const { rows, models } = await readRecording(path);
    expect(models).toEqual(['n', 'm']);
    expect(rows.map(({ outcomes }) => [...outcomes.keys()])).toEqual([['n'], ['m']]);
  });

  it('takes a prompt as text, as the turns of a user and as messages, and tools as a list', async () => {
    const say = (role: string, content: unknown) => ({ role, content });
    const parts = [{ type: 'text', text: 'two' }, { type: 'image_url' }];
    const prompts = ['one', ['one', 'two'], [say('system', 'be brief'), say('user', parts), say('assistant', null)]];
    const path = writeRecording(
      folder,
      'prompts.jsonl',
      prompts.map((prompt, id) => ({ id, prompt, tools: [{ name: 'f' }], task: id, outcomes: { m: { quality: 1 } } })),
    );
    const { rows } = await readRecording(path);
    expect(rows.map(({ messages }) => messages.map(({ role }) => role))).toEqual([
      ['user'],
      ['user', 'user'],
      ['system', 'user', 'assistant'],
    ]);
    expect(rows.map(({ prompt }) => prompt.trim())).toEqual(['one', 'one\ntwo', 'be brief\ntwo']);
    expect(rows.map(({ tools, task }) => [tools, task])).toEqual([
      [1, '0'],
      [1, '1'],
      [1, '2'],
    ]);
  });

  it('is read with a byte order mark and with line ends of both kinds', async () => {
    const { rows } = await readRecording(write('marked.jsonl', `\uFEFF${good.trim()}\r\n\r\n${good}`));
    expect(rows.map(({ line: at }) => at)).toEqual([1, 3]);
  });

  const faults: readonly (readonly [string, string, RegExp])[] = [
    ['broken JSON', `${good}{"id": `, /:2 {2}is not one JSON object on one line/],
    ['NaN', `${good}{"id":"b","prompt":"","outcomes":{"m":{"quality":NaN}}}`, /:2 {2}.*NaN is not a number JSON knows/],
    ['a quality above one', line(row('b', { m: { quality: 1.5 } })), /:1 {2}outcomes\.m\.quality: /],
    ['no quality', line(row('b', { m: { cost_usd: 1 } })), /:1 {2}outcomes\.m\.quality: needs a quality from 0 to 1/],
    ['negative dollars', line(row('b', { m: { quality: 1, cost_usd: -1 } })), /:1 {2}outcomes\.m\.cost_usd: /],
    ['no outcomes', line({ id: 'b', prompt: '' }), /:1 {2}outcomes: needs outcomes/],
    ['no prompt', line({ id: 'b', outcomes: {} }), /:1 {2}prompt: needs a prompt/],
    [
      'dollars beyond reason',
      line(row('b', { m: { quality: 1, cost_usd: 1e6 } })),
      /cost_usd: needs dollars from 0 to/,
    ],
    ['a prompt of numbers', line({ id: 'b', prompt: [1], outcomes: {} }), /:1 {2}prompt: needs a prompt: text, or a/],
    ['nothing', '\n\n', /faulty\.jsonl {2}holds no prompt with an outcome/],
  ];
  it.each(faults)('with %s is refused, with its place', async (_, text, message) => {
    await expect(readRecording(write('faulty.jsonl', text))).rejects.toThrow(message);
  });

  it('with a line beyond the bound is refused before it is all in memory', async () => {
    const path = write('long.jsonl', `${good}{"id":"b","prompt":"${'x'.repeat(LONGEST_LINE)}`);
    await expect(readRecording(path)).rejects.toThrow(/long\.jsonl:2 {2}a line longer than/);
  });

  it('that is not there, is a folder, a pipe or was cut short says so', async () => {
    await expect(readRecording(join(folder, 'none.jsonl'))).rejects.toThrow(/there is no such file/);
    await expect(readRecording(folder)).rejects.toThrow(/this is a folder/);
    const cut = join(folder, 'cut.gz');
    writeFileSync(cut, gzipSync(good.repeat(100)).subarray(0, 40));
    await expect(readRecording(cut)).rejects.toThrow(/cannot be read/);
    const pipe = join(folder, 'pipe');
    execFileSync(MAKE_PIPE, [pipe]);
    await expect(readRecording(pipe)).rejects.toThrow(/is a pipe, and the file is read more than once/);
  });
});
