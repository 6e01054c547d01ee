import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { SCHEMA_VERSION } from '../../../src/ledger/migrate.ts';
import { wholeRequest } from '../../support/ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fileNamed = (name: string): string => join(folder, name, 'ledger.db');

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index}`);

describe('the SQLite file', () => {
  it('refuses a ledger that a newer Bourse wrote, says so, and leaves it alone', async () => {
    const path = fileNamed('newer');
    await (await openSqliteLedger({ path })).close();
    const database = new DatabaseSync(path);
    database.exec(`insert into schema_version values (${SCHEMA_VERSION + 6})`);
    database.close();
    const message = `The ledger has schema ${SCHEMA_VERSION + 6}; this Bourse reads ${SCHEMA_VERSION}.`;
    await expect(openSqliteLedger({ path })).rejects.toMatchObject({
      code: 'ledger_unavailable',
      message: expect.stringContaining(message),
    });
    await expect(openSqliteLedger({ path, access: 'read' })).rejects.toThrow('Start the newer Bourse');
  });

  it('can be written by one process at a time, and read beside it', async () => {
    const path = fileNamed('busy');
    const first = await openSqliteLedger({ path });
    await expect(openSqliteLedger({ path })).rejects.toThrow('another process has it open for writing');
    await first.append(wholeRequest('r1'));
    const second = await openSqliteLedger({ path, access: 'read' });
    expect((await second.request('r1'))?.outcome?.status).toBe('ok');
    await expect(second.append(wholeRequest('r2'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
    await second.close();
    await first.append(wholeRequest('r3'));
    await first.close();
    const third = await openSqliteLedger({ path, access: 'read' });
    expect(await third.request('r3')).toBeDefined();
    await third.close();
  });

  it('is not made by opening it to read', async () => {
    const path = fileNamed('absent');
    await expect(openSqliteLedger({ path, access: 'read' })).rejects.toThrow('there is no such file');
    expect(existsSync(path)).toBe(false);
  });

  it('accepts nothing more after one failed write', async () => {
    const path = fileNamed('poisoned');
    const ledger = await openSqliteLedger({ path });
    await ledger.append(wholeRequest('before'));
    const saboteur = new DatabaseSync(path);
    saboteur.exec('alter table attempts rename to elsewhere');
    const results = await Promise.allSettled([
      ledger.append(wholeRequest('during-1')),
      ledger.append(wholeRequest('during-2')),
    ]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    saboteur.exec('alter table elsewhere rename to attempts');
    saboteur.close();
    await expect(ledger.append(wholeRequest('after'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
    expect(await ledger.request('before')).toBeDefined();
    // A batch that failed left nothing of itself behind.
    expect(await ledger.request('during-1')).toBeUndefined();
    await ledger.close();
  });

  it('keeps everything with a disk sync per commit too', async () => {
    const path = fileNamed('power');
    const ledger = await openSqliteLedger({ path, durability: 'power' });
    await Promise.all(ids(20).map((id) => ledger.append(wholeRequest(id))));
    await ledger.close();
    const again = await openSqliteLedger({ path });
    expect(await again.request('r19')).toBeDefined();
    await again.close();
  });
});

describe('a torn file', () => {
  it('cut short in the log loses only the cut-off end and opens by itself', async () => {
    const path = fileNamed('torn-log');
    const ledger = await openSqliteLedger({ path });
    for (const id of ids(30)) await ledger.append(wholeRequest(id));
    // A copy taken while it is open is what a crash leaves: a file and its log.
    const copy = join(folder, 'torn-log', 'copy.db');
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    await ledger.close();
    truncateSync(`${copy}-wal`, Math.floor(statSync(`${copy}-wal`).size * 0.7) + 13);
    const opened = await openSqliteLedger({ path: copy });
    const views = await Promise.all(ids(30).map((id) => opened.request(id)));
    const kept = views.findIndex((view) => view === undefined);
    expect(kept).toBeGreaterThan(0);
    // A prefix: nothing after the first lost request, and every kept one is whole.
    expect(views.slice(kept).every((view) => view === undefined)).toBe(true);
    expect(views.slice(0, kept).every((view) => view?.outcome?.status === 'ok')).toBe(true);
    await opened.append(wholeRequest('more'));
    await opened.close();
  });

  it('cut short in the middle is refused with a word about backups', async () => {
    const path = fileNamed('torn-file');
    const ledger = await openSqliteLedger({ path });
    for (const id of ids(60)) await ledger.append(wholeRequest(id));
    await ledger.close();
    truncateSync(path, Math.floor(statSync(path).size / 2));
    await expect(openSqliteLedger({ path })).rejects.toMatchObject({
      code: 'ledger_unavailable',
      message: expect.stringContaining('restore it from a backup'),
    });
  });

  it('that is no ledger at all is refused and not overwritten', async () => {
    const path = join(folder, 'notes.txt');
    writeFileSync(path, 'shopping: bread, milk, '.repeat(100));
    await expect(openSqliteLedger({ path })).rejects.toThrow('cannot be opened');
    expect(statSync(path).size).toBe(2_300);
    expect(readdirSync(folder)).toContain('notes.txt');
  });
});
