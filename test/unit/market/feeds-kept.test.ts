import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import type { Feed } from '../../../src/core/ports.ts';
import { createHttpFeed, type FeedTransport } from '../../../src/market/feeds/http.ts';
import { MODELS_DEV, parseModelsDev } from '../../../src/market/feeds/models-dev.ts';
import { createShelf } from '../../../src/market/feeds/shelf.ts';
import { basePrice } from '../../../src/market/rates.ts';
import { createRefresh } from '../../../src/market/refresh.ts';
import { createPriceTable } from '../../../src/market/sheets.ts';
import { createFakeClock } from '../../support/clock.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bourse-feeds-'));
  folders.push(folder);
  return join(folder, 'feeds');
};

const HOUR = 3_600_000;
const OFFER = offerKey('lumen', modelKey('lumen/m0'));
const list = (factor: number) =>
  JSON.stringify({
    lumen: {
      models: Object.fromEntries(
        Array.from({ length: 30 }, (_, at) => [
          `m${at}`,
          { cost: { input: (at + 1) * factor, output: (at + 2) * factor } },
        ]),
      ),
    },
  });

type Sent = Readonly<Record<string, string>>;
type Answer = { readonly text: string; readonly etag?: string } | 'unreachable';

/** One life of a process: its own feed, table and refresher over the folder it is given. */
const life = (folder: string, answers: readonly Answer[], clock = createFakeClock()) => {
  const sent: Sent[] = [];
  const left = [...answers];
  const transport: FeedTransport = async (_url, { headers }) => {
    sent.push({ ...headers });
    const answer = left.shift() ?? 'unreachable';
    if (answer === 'unreachable') throw new Error('unreachable');
    const same = answer.etag !== undefined && headers['if-none-match'] === answer.etag;
    const body = (async function* () {
      yield new TextEncoder().encode(same ? '' : answer.text);
    })();
    return { status: same ? 304 : 200, headers: answer.etag ? { etag: answer.etag } : {}, body };
  };
  const shelf = createShelf({ folder, feeds: () => [MODELS_DEV.name] });
  const feed: Feed = createHttpFeed({ spec: MODELS_DEV, parse: parseModelsDev, transport, clock, shelf });
  const table = createPriceTable({
    canonicalise: (_provider, id) => ({ model: modelKey(`lumen/${id}`), variants: [], known: true }),
  });
  const faults: string[] = [];
  const refresh = createRefresh({
    feeds: [{ feed, everyMs: HOUR }],
    table,
    clock,
    rng: { next: () => 0.5 },
    mayRead: () => Promise.resolve(true),
    onChange: () => undefined,
    onFault: (name, why) => faults.push(`${name}: ${why}`),
  });
  const input = () => basePrice(table.at(OFFER, clock.now())?.rates ?? [], 'input');
  return { refresh, table, faults, sent, clock, input };
};

const fileIn = (folder: string): string => join(folder, readdirSync(folder)[0] ?? '');

describe('the last good reading of a feed', () => {
  it('is there after a restart without network, as old as it is', async () => {
    const folder = newFolder();
    const first = life(folder, [{ text: list(1), etag: '"v1"' }]);
    await first.refresh.all();
    const clock = createFakeClock(first.clock.now() + 2 * HOUR);
    const second = life(folder, [], clock);
    await second.refresh.restore();
    expect(second.input()).toBe(1_000_000);
    expect(second.table.at(OFFER, clock.now())?.observedAt).toBe(first.clock.now());
    expect(second.faults).toEqual([]);
    await second.refresh.all();
    expect(second.faults).toEqual(['models.dev: unreachable']);
    expect(second.input()).toBe(1_000_000);
  });

  it('is asked for conditionally by the next process, whose prices "unchanged" makes fresh', async () => {
    const folder = newFolder();
    await life(folder, [{ text: list(1), etag: '"v1"' }]).refresh.all();
    const second = life(folder, [{ text: list(1), etag: '"v1"' }], createFakeClock(Date.UTC(2026, 10, 27)));
    await second.refresh.restore();
    await second.refresh.all();
    expect(second.sent[0]).toMatchObject({ 'if-none-match': '"v1"' });
    expect(second.table.at(OFFER, second.clock.now())?.observedAt).toBe(second.clock.now());
  });

  it('is kept byte for byte under its hash', async () => {
    const folder = newFolder();
    await life(folder, [{ text: list(1) }]).refresh.all();
    const [head = '', body = ''] = readFileSync(fileIn(folder), 'utf8').split('\n');
    expect(body).toBe(list(1));
    expect(JSON.parse(head)).toMatchObject({ version: 1, url: MODELS_DEV.url, bytes: list(1).length });
  });

  it('is not replaced by one that was not believed, which is asked for again until it is', async () => {
    const folder = newFolder();
    const process = life(folder, [
      { text: list(1), etag: '"v1"' },
      { text: list(4), etag: '"v2"' },
      { text: list(4), etag: '"v2"' },
      { text: list(4), etag: '"v2"' },
    ]);
    await process.refresh.all();
    process.clock.advance(HOUR);
    await process.refresh.all();
    expect(process.faults).toEqual(['models.dev: 30 of 30 prices changed 2× at once']);
    expect(readFileSync(fileIn(folder), 'utf8')).toContain(list(1));
    expect(process.input()).toBe(1_000_000);
    process.clock.advance(HOUR);
    await process.refresh.all();
    // The server would have said 304 to "v2": then the old prices would pass for seen today.
    expect(process.sent.map((headers) => headers['if-none-match'])).toEqual([undefined, '"v1"', '"v1"']);
    process.clock.advance(12 * HOUR);
    await process.refresh.all();
    expect(readFileSync(fileIn(folder), 'utf8')).toContain(list(4));
  });

  it.each([
    ['cut', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, -10)), /damaged \(\d+ of \d+ bytes\)/],
    [
      'changed by one byte',
      (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('"input":1,', '"input":0,')),
      /damaged \(its hash differs\)/,
    ],
    ['empty', (file: string) => writeFileSync(file, ''), /damaged \(no first line\)/],
    ['somebody else’s', (file: string) => writeFileSync(file, '{}\n{}'), /damaged \(its first line cannot be read\)/],
  ])('is ignored with one line when its copy is %s', async (_what, damage, line) => {
    const folder = newFolder();
    await life(folder, [{ text: list(1) }]).refresh.all();
    damage(fileIn(folder));
    const second = life(folder, []);
    await second.refresh.restore();
    expect(second.input()).toBeUndefined();
    expect(second.faults).toHaveLength(1);
    expect(second.faults[0]).toMatch(line);
  });

  it('goes through the parser again, so that a copy without a usable row is no reading', async () => {
    const folder = newFolder();
    const shelf = createShelf({ folder, feeds: () => [MODELS_DEV.name] });
    await shelf.save(MODELS_DEV.name, { url: MODELS_DEV.url, observedAt: 1, text: '{}', conditions: {} });
    const process = life(folder, []);
    await process.refresh.restore();
    expect(process.faults).toEqual(['models.dev: models.dev has no usable row']);
  });

  it('of another address, or of the future, is not taken for this one', async () => {
    const folder = newFolder();
    const shelf = createShelf({ folder, feeds: () => [MODELS_DEV.name] });
    const copy = { url: 'https://elsewhere.test/list', observedAt: 1, text: list(1), conditions: {} };
    await shelf.save(MODELS_DEV.name, copy);
    const other = life(folder, []);
    await other.refresh.restore();
    expect([other.input(), other.faults]).toEqual([undefined, []]);
    await shelf.save(MODELS_DEV.name, { ...copy, url: MODELS_DEV.url, observedAt: Date.UTC(2030, 0, 1) });
    const early = life(folder, []);
    await early.refresh.restore();
    expect(early.faults).toEqual(['models.dev: the kept copy is from the future']);
  });
});

describe('the shelf', () => {
  const copy = { url: 'https://a.test', observedAt: 1, text: 'x'.repeat(1000), conditions: {} };

  it('takes no more room than it is given, and says so', async () => {
    const folder = newFolder();
    const shelf = createShelf({ folder, feeds: () => ['a', 'b'], mostBytes: 2000 });
    await shelf.save('a', copy);
    await shelf.save('a', copy);
    await expect(shelf.save('b', copy)).rejects.toThrow('more than 2000 bytes');
    expect(readdirSync(folder)).toEqual(['a.feed']);
  });

  it('forgets feeds that are no longer read and writes that were interrupted', async () => {
    const folder = newFolder();
    await createShelf({ folder, feeds: () => ['old', 'house/models'] }).save('old', copy);
    writeFileSync(join(folder, 'old.feed.part'), 'half');
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const shelf = createShelf({ folder, feeds: () => ['house/models'] });
    await shelf.save('house/models', copy);
    expect(readdirSync(folder).toSorted()).toEqual(['house%2Fmodels.feed', 'notes.txt']);
    expect(await shelf.load('house/models')).toMatchObject({ text: copy.text, observedAt: 1 });
  });

  it('is empty where there is no folder', async () => {
    const folder = newFolder();
    const shelf = createShelf({ folder, feeds: () => ['a'] });
    expect(await shelf.load('a')).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
  });
});
