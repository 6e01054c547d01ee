import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { declaredFirst } from '../../../src/app/declared.ts';
import { feedsOf } from '../../../src/app/feeds.ts';
import { createPriceThread, type PriceThreadDeps } from '../../../src/app/price-thread.ts';
import { PRICING } from '../../../src/app/pricing-files.ts';
import { type Config, loadConfig } from '../../../src/config.ts';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import { createCanonicaliser } from '../../../src/market/identity.ts';
import { loadAliases } from '../../../src/market/identity-aliases.ts';
import { createRefresh } from '../../../src/market/refresh.ts';
import type { PriceChange } from '../../../src/market/sheet-book.ts';
import { createPriceBoard, createPriceTable, type PriceBoard } from '../../../src/market/sheets.ts';
import { readSnapshot } from '../../../src/market/snapshot.ts';
import { createFakeClock } from '../../support/clock.ts';
import { json, startUpstream, type Upstream } from '../../support/upstream.ts';

const HOUR = 3_600_000;
const seed = readSnapshot(join(PRICING, 'prices.json'));
const MODELS = 120;
const OFFER = offerKey('groq', modelKey('lab/model-7'));

/** What a feed of many offers says, all of them `factor` times dearer than at first, and some by themselves. */
const listOf = (factor: number, odd: Readonly<Record<number, number>> = {}) =>
  json(
    Object.fromEntries(
      Array.from({ length: MODELS }, (_, at) => {
        const usd = (1 + at / 10) * factor * (odd[at] ?? 1) * 1e-6;
        const prices = { input_cost_per_token: usd, output_cost_per_token: 4 * usd };
        return [`groq/lab/model-${at}`, { litellm_provider: 'groq', mode: 'chat', ...prices }];
      }),
    ),
  );

describe('the price thread', () => {
  let lists: Upstream;
  let folder: string;
  let config: Config;
  beforeAll(async () => {
    lists = await startUpstream();
    folder = mkdtempSync(join(tmpdir(), 'bourse-prices-'));
    const file = join(folder, 'bourse.yaml');
    const feeds = { others: 'off', litellm: { url: `${lists.url}/list.json` } };
    writeFileSync(file, JSON.stringify({ prices: { feeds }, data: join(folder, 'data') }));
    config = loadConfig(file, {});
  });
  afterAll(async () => {
    await lists.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => rmSync(join(folder, 'data'), { recursive: true, force: true }));

  const open = (change: Partial<PriceThreadDeps> = {}) => {
    const clock = createFakeClock();
    const board = createPriceBoard({ seed });
    const changes: PriceChange[] = [];
    const faults: string[] = [];
    const thread = createPriceThread({
      config,
      offers: [],
      reads: true,
      board,
      clock,
      rng: { next: () => 0.5 },
      mayRead: () => Promise.resolve(true),
      onChange: (each) => void changes.push(each),
      onFault: (feed, why) => void faults.push(`${feed}: ${why}`),
      onSpeeds: () => undefined,
      ...change,
    });
    return { clock, board, changes, faults, thread, [Symbol.asyncDispose]: thread.stop };
  };

  /** The same feeds in this thread, without another. */
  const openDirect = () => {
    const clock = createFakeClock();
    const canonicalise = declaredFirst(config, createCanonicaliser(loadAliases(join(PRICING, 'aliases.json'))));
    const table = createPriceTable({ canonicalise, seed });
    const changes: PriceChange[] = [];
    const refresh = createRefresh({
      feeds: feedsOf(config, clock, { offers: [], known: seed.rows }),
      table,
      clock,
      rng: { next: () => 0.5 },
      mayRead: () => Promise.resolve(true),
      onChange: (each) => void changes.push(each),
      onFault: () => undefined,
    });
    return { clock, table, changes, refresh };
  };

  /** Everything a request could see of it; instants aside, which differ by what the reading took. */
  const said = (board: PriceBoard, at: number) =>
    board.all(at).map(({ offer, status, rates, reasons, sources }) => ({
      offer,
      status,
      rates,
      reasons,
      sources: sources.map(({ feed, revision }) => `${feed} ${revision}`),
    }));
  const told = (changes: readonly PriceChange[]) =>
    changes.map(({ offer, verdict }) => `${offer} ${verdict}`).toSorted();

  it('gives the same table and tells the same changes as reading in this thread', async () => {
    await using other = open();
    const direct = openDirect();
    const steps = [listOf(1), listOf(1.05), listOf(1.05, { 3: 0.2, 7: 5, 9: 115 }), listOf(1.08, { 7: 5 })];
    for (const [step, list] of steps.entries()) {
      lists.play(list);
      await other.thread.all();
      await direct.refresh.all();
      const at = other.clock.now() + 1000;
      expect(said(other.board, at), `step ${step}`).toEqual(said(direct.table, at));
      for (const clock of [other.clock, direct.clock]) clock.advance(HOUR);
    }
    expect(told(other.changes)).toEqual(told(direct.changes));
    expect(new Set(other.changes.map(({ verdict }) => verdict))).toEqual(new Set(['applied', 'held', 'rejected']));
    expect(other.faults).toEqual([]);
  });

  it('is replaced when it dies, while what it had learnt stays in force and goes on', async () => {
    const mortal = join(folder, 'mortal.mjs');
    const mark = join(folder, 'has-died');
    // Answers one task, dies in the second, and is itself again from then on.
    writeFileSync(
      mortal,
      [
        "import { existsSync, writeFileSync } from 'node:fs';",
        "import { parentPort } from 'node:worker_threads';",
        `await import(${JSON.stringify(new URL('../../../src/app/price-worker.ts', import.meta.url).href)});`,
        'let tasks = 0;',
        `parentPort.on('message', ({ kind, task }) => {`,
        "  if (kind !== 'task' || task.do !== 'all') return;",
        '  tasks += 1;',
        `  if (tasks === 2 && !existsSync(${JSON.stringify(mark)})) { writeFileSync(${JSON.stringify(mark)}, ''); process.exit(7); }`,
        '});',
      ].join('\n'),
    );
    await using other = open({ program: pathToFileURL(mortal) });
    const input = () => other.board.at(OFFER, other.clock.now() + 1000)?.rates[0]?.price;
    lists.play(listOf(1));
    await other.thread.all();
    expect(input()).toBe(1_700_000);
    lists.play(listOf(1.1));
    other.clock.advance(HOUR);
    expect(await other.thread.all()).toEqual([]);
    expect(other.faults).toEqual([
      'prices: the price thread ended with 7; the last good prices stand, another thread in 60 s',
    ]);
    expect(input()).toBe(1_700_000);
    // Not yet: a thread that dies at once must not be started in a circle.
    expect(await other.thread.all()).toEqual([]);
    other.clock.advance(HOUR);
    lists.play(listOf(1, { 7: 0.2 }));
    const changes = await other.thread.all();
    // The new one knows what was believed before it was born, or it would have taken the cut for a first price.
    expect(changes.filter(({ offer }) => offer === OFFER)).toMatchObject([{ verdict: 'held' }]);
    expect(input()).toBe(1_700_000);
  });

  it('takes in what another process has read, without reading anything', async () => {
    const sent: Uint8Array[] = [];
    await using reader = open({ onReading: (_feed, bytes) => void sent.push(bytes) });
    await using listener = open({ reads: false });
    lists.play(listOf(1));
    await reader.thread.all();
    const before = lists.seen.length;
    expect(sent).toHaveLength(1);
    for (const bytes of sent) await listener.thread.hear(bytes);
    expect(lists.seen.length).toBe(before);
    const at = listener.clock.now() + 1000;
    expect(said(listener.board, at)).toEqual(said(reader.board, at));
    await listener.thread.hear(new TextEncoder().encode('nonsense'));
    expect(listener.faults).toHaveLength(1);
    expect(listener.board.at(OFFER, at)?.rates[0]?.price).toBe(1_700_000);
  });

  it('starts no thread where there is nothing to read', async () => {
    await using idle = open({ reads: false, program: new URL('file:///nowhere.mjs') });
    expect([await idle.thread.all(), await idle.thread.due(), await idle.thread.restore()]).toEqual([[], [], []]);
    expect(idle.faults).toEqual([]);
  });
});
