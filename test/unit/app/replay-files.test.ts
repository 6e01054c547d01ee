// The other files a replay reads, and what is made of them: dollars, names and events. A fault is said with its file, its line and what to do.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { datasetOf } from '../../../src/app/replay/dataset.ts';
import { eventsIn } from '../../../src/app/replay/events.ts';
import { readPriceList } from '../../../src/app/replay/price-list.ts';
import { readRecording } from '../../../src/app/replay/rows.ts';
import { keysFor } from '../../../src/app/replay/sellers.ts';
import { createFakeClock } from '../../support/clock.ts';
import { datasetFrom, writeRecording } from '../../support/recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const row = (id: string, outcomes: object, more: object = {}) => ({ id, prompt: `what of ${id}?`, outcomes, ...more });
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('dollars', () => {
  const setOf = async (rows: readonly object[], prices: string | undefined, needsDollars = true) =>
    datasetOf({
      recording: await readRecording(writeRecording(folder, 'priced.jsonl', rows)),
      prices: prices === undefined ? new Map() : await readPriceList(write('prices.json', prices)),
      priorOf: () => ({ easy: 0.8, hard: 0.6, weight: 3, outputTokens: 200 }),
      clock: createFakeClock(),
      needsDollars,
    });

  it('are the recording’s own where it has them, to the nano-dollar', async () => {
    const { cost } = await datasetFrom(
      writeRecording(folder, 'own.jsonl', [row('a', { m: { quality: 1, cost_usd: 3.73e-5 } })]),
    );
    expect([...cost]).toEqual([37_300]);
  });

  it('are read back from bills so that a quote at the recorded length is the bill', async () => {
    const rows = [
      row('a', { m: { quality: 1, cost_usd: 1e-5 } }, { prompt: 'word '.repeat(100) }),
      row('b', { m: { quality: 1, cost_usd: 9e-5 } }, { prompt: 'short' }),
    ];
    const { sellers, tokens, prompts, cost } = await setOf(rows, undefined);
    const [input = 0, output = 0] = sellers[0]?.sheet.rates.map(({ price }) => price ?? 0) ?? [];
    prompts.forEach(({ profile }, at) => {
      const pico = profile.inputTokens * input + (tokens[at] ?? 0) * output;
      expect(Math.abs(pico / 1000 - (cost[at] ?? 0))).toBeLessThanOrEqual(output / 1000);
    });
    const mean = ((tokens[0] ?? 0) + (tokens[1] ?? 0)) / 2;
    expect(Math.abs(mean - 200)).toBeLessThan(2);
  });

  it('are list prices × tokens where it has none; an answer nobody counted is as long as the model’s others', async () => {
    const rows = [
      row('a', { m: { quality: 1, input_tokens: 1_000, output_tokens: 100 } }),
      row('b', { m: { quality: 1, input_tokens: 1_000 } }),
    ];
    const { cost, tokens } = await setOf(rows, '{"m": {"input_price": 1, "output_price": 10, "service": "any"}}');
    expect([...cost]).toEqual([2_000_000, 2_000_000]);
    expect([...tokens]).toEqual([100, 100]);
  });

  it('that are missing are asked for, with the line', async () => {
    const rows = [row('a', { m: { quality: 1, cost_usd: 1 } }), row('b', { m: { quality: 1 } })];
    await expect(setOf(rows, undefined)).rejects.toThrow(/priced\.jsonl:2 {2}m has no cost_usd here .* --prices/);
    await expect(setOf(rows, '{"n": {"input_price": 1, "output_price": 1}}')).rejects.toThrow(
      /add it to the price list/,
    );
    expect((await setOf([row('a', { m: { quality: 1 } })], undefined, false)).cost[0]).toBe(0);
  });

  it('beyond reason at a list price are refused, with the line', async () => {
    const rows = [row('a', { m: { quality: 1, output_tokens: 9e7 } })];
    await expect(setOf(rows, '{"m": {"input_price": 1, "output_price": 100}}')).rejects.toThrow(
      /priced\.jsonl:1 {2}m costs more than \$1000 at its list price/,
    );
  });

  it('a price list with a fault is refused with its place', async () => {
    const path = write('bad-prices.yaml', 'm:\n  input_price: cheap\n  output_price: 1\n');
    await expect(readPriceList(path)).rejects.toThrow(/bad-prices\.yaml:2:\d+ {2}m\.input_price/);
    await expect(readPriceList(join(folder, 'no.json'))).rejects.toThrow(/there is no such price list/);
  });
});

describe('names of recorded models', () => {
  it('become keys, each its own, and stay where they are keys already', () => {
    const keys = keysFor(['meta/llama-3', 'gpt-4@x', 'gpt-4 x', '*']);
    expect([...keys.values()]).toEqual(['meta/llama-3', 'recorded/gpt-4-x', 'recorded/gpt-4-x-2', 'recorded/model']);
  });
});

describe('events', () => {
  const models = ['m', 'n'];
  it('are a strict list, in YAML or JSON', () => {
    const yaml = '- { at: 5, until: 9, price: { model: m, times: 0.1 } }\n- { at: 7, arrives: { model: n } }\n';
    expect(eventsIn(yaml, 'e.yaml', models)).toEqual([
      { at: 5, until: 9, price: { model: 'm', times: 0.1 } },
      { at: 7, arrives: { model: 'n' } },
    ]);
    expect(eventsIn('[{"at": 0, "outage": {"model": "m"}}]', 'e.json', models)).toHaveLength(1);
  });

  const faults: readonly (readonly [string, RegExp])[] = [
    ['- at: 5\n  price: { model: o, times: 2 }\n', /e\.yaml:2:19 {2}\[0\]\.price\.model {2}no model o is replayed/],
    ['- at: 5\n  until: 5\n  outage: { model: m }\n', /e\.yaml:2:\d+ {2}\[0\]\.until {2}is not after 5/],
    ['- at: -1\n  outage: { model: m }\n', /e\.yaml:1:\d+ {2}\[0\]\.at/],
    ['- at: 1\n  prise: { model: m, times: 2 }\n', /e\.yaml:2:\d+ {2}\[0\]\.prise/],
    ['at: 1', /e\.yaml:1:1 {2}expected a list/],
    ['', /e\.yaml:1:1 {2}the file is empty/],
  ];
  it.each(faults)('%j is refused with file:line:column', (text, message) => {
    expect(() => eventsIn(text, 'e.yaml', models)).toThrow(message);
  });
});
