import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openSpool, type SpoolDeps } from '../../../src/ledger/spool.ts';
import { systemClock } from '../../../src/world.ts';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const newFolder = (): string => {
  const folder = join(mkdtempSync(join(tmpdir(), 'bourse-spool-')), 'spool');
  folders.push(folder);
  return folder;
};

/** A database that can be away, can refuse a text for good, and remembers what it took. */
const database = () => {
  const took: string[] = [];
  const state = { away: false };
  const said: string[] = [];
  const deps = (folder: string): SpoolDeps => ({
    folder,
    durability: 'process',
    clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(2, signal) },
    deliver: async (texts) => {
      if (state.away) throw new Error('away');
      if (texts.includes('"bad"')) throw new TypeError('never');
      took.push(...texts);
    },
    isHopeless: (cause) => cause instanceof TypeError,
    say: (line) => said.push(line),
  });
  return { took, state, said, deps };
};

const patient: Pick<SpoolDeps, 'clock'> = { clock: systemClock };
const texts = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `"entry ${from + index}"`);
const keepAll = async (spool: { keep(text: string): Promise<void> }, all: readonly string[]): Promise<void> => {
  for (const text of all) await spool.keep(text);
};

describe('a spool', () => {
  it('delivers what it keeps, in order, and leaves nothing behind', async () => {
    const { took, deps } = database();
    const folder = newFolder();
    const spool = await openSpool({ ...deps(folder), ...patient });
    await keepAll(spool, texts(300));
    expect(await spool.delivered(5_000)).toBe(true);
    expect(took).toEqual(texts(300));
    expect(spool.state).toEqual({ waiting: 0, away: false });
    await spool.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps while the database is away, and delivers when it is back', async () => {
    const { took, state, deps } = database();
    const spool = await openSpool(deps(newFolder()));
    state.away = true;
    await keepAll(spool, texts(120));
    expect(await spool.delivered(30)).toBe(false);
    await vi.waitFor(() => expect(spool.state.away).toBe(true));
    expect(spool.state.waiting).toBeGreaterThan(0);
    expect(took).toEqual([]);
    state.away = false;
    await vi.waitFor(() => expect(took).toEqual(texts(120)));
    expect(spool.state).toEqual({ waiting: 0, away: false });
    await spool.close();
  });

  it('of a process that ended before the database came back is delivered by the next one, before anything new', async () => {
    const { took, state, deps } = database();
    const folder = newFolder();
    state.away = true;
    const first = await openSpool(deps(folder));
    await keepAll(first, texts(10));
    await first.close();
    const second = await openSpool(deps(folder));
    await keepAll(second, texts(5, 10));
    await second.close();
    state.away = false;
    const third = await openSpool(deps(folder));
    await keepAll(third, texts(5, 15));
    await vi.waitFor(() => expect(took).toEqual(texts(20)));
    await third.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('forgets a torn last line and sets a damaged one aside, loudly, with the rest delivered', async () => {
    const { took, state, said, deps } = database();
    const folder = newFolder();
    state.away = true;
    const first = await openSpool(deps(folder));
    await keepAll(first, texts(6));
    await first.close();
    const [name = ''] = readdirSync(folder);
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replace('entry 2', 'entry X'));
    appendFileSync(path, '0badc0de "torn');
    state.away = false;
    const second = await openSpool(deps(folder));
    await vi.waitFor(() => expect(took).toEqual(texts(6).filter((text) => text !== '"entry 2"')));
    await vi.waitFor(() => expect(second.state.waiting).toBe(0));
    expect(said).toEqual([expect.stringContaining('1 lines of the spool are damaged')]);
    expect(readFileSync(join(folder, 'refused'), 'utf8')).toContain('entry X');
    await second.close();
  });

  it('sets aside what the database will never take, alone', async () => {
    const { took, said, state, deps } = database();
    const folder = newFolder();
    state.away = true;
    const spool = await openSpool(deps(folder));
    await keepAll(spool, [...texts(3), '"bad"', ...texts(3, 3)]);
    state.away = false;
    await vi.waitFor(() => expect(took).toEqual(texts(6)));
    expect(said).toEqual([expect.stringContaining('refused an entry for good')]);
    expect(readFileSync(join(folder, 'refused'), 'utf8')).toBe('"bad"\n');
    await spool.close();
  });

  it('goes on to the next file when one is full, and removes those that are delivered', async () => {
    const { took, state, deps } = database();
    const folder = newFolder();
    const spool = await openSpool(deps(folder));
    state.away = true;
    const large = `"${'x'.repeat(2 ** 20)}"`;
    await keepAll(spool, Array<string>(20).fill(large));
    expect(readdirSync(folder)).toHaveLength(3);
    state.away = false;
    await vi.waitFor(() => expect(took).toHaveLength(20));
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1));
    await spool.close();
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(folder)).toBe(true);
  });

  it('rejects what the disk does not take', async () => {
    const { deps } = database();
    const folder = newFolder();
    const spool = await openSpool(deps(folder));
    rmSync(folder, { recursive: true });
    await expect(spool.keep('"lost"')).rejects.toThrow('ENOENT');
    await spool.close();
  });
});
