// A disk that fails for real: its syncs return errors, its files may not grow. What was acknowledged before is kept; nothing is acknowledged after.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSpool, type SpoolDeps } from '../../../src/ledger/spool.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { systemClock } from '../../../src/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-disk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LEDGER = join(import.meta.dirname, '../../support/disk-child.ts');
const SPOOL = join(import.meta.dirname, '../../support/spool-child.ts');
const PATIENCE = 60_000;

const run = (under: readonly string[], script: string, path: string) => {
  const [program, ...words] = [...under, process.execPath, script, path];
  const lines = execFileSync(program, words, { encoding: 'utf8' }).trim().split('\n');
  const told = (word: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  return { kept: told('kept'), refused: told('refused'), fault: told('fault')[0] ?? '', order: lines.join('\n') };
};

/** Files of the process may not grow beyond so many KiB: writes fail with EFBIG. */
const small = (kib: number): readonly string[] => ['bash', '-c', `ulimit -f ${kib}; exec "$@"`, 'bash'];

/** Every sync of a thread from its `from`th on fails with EIO. */
const unsynced = (from: number): readonly string[] => [
  'strace',
  '-fqq',
  '--output=/dev/null',
  '--trace=fsync,fdatasync',
  `--inject=fsync,fdatasync:error=EIO:when=${from}+`,
];

/** Syncs are counted for each thread, and the spool's go to whichever of a pool is free. */
const ONE_THREAD = ['env', 'UV_THREADPOOL_SIZE=1'] as const;

const works = ([program = '', ...words]: readonly string[]): boolean => {
  try {
    execFileSync(program, [...words, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Nothing is acknowledged after the first refusal, and all that was acknowledged is there when it is opened on a disk that works. */
const expectKept = async (path: string, under: readonly string[]): Promise<void> => {
  const { kept, refused, fault, order } = run(under, LEDGER, path);
  expect(refused.length).toBeGreaterThan(0);
  expect(order).toMatch(/^(kept \w+\n)*(refused \w+\n)+fault The ledger cannot record this request: a write failed/);
  expect(fault).toContain('nothing more is accepted until the router is started again');
  const again = await openSqliteLedger({ path });
  const found = await Promise.all(kept.map((id) => again.request(id)));
  expect(found.filter((view) => view?.outcome?.status !== 'ok')).toEqual([]);
  await again.close();
};

describe('a ledger on a disk that fails', { timeout: PATIENCE }, () => {
  it.each([300, 700])(
    '(files of at most %i KiB) refuses from the first failed write on, and has kept the rest',
    async (kib) => {
      await expectKept(join(folder, `small-${kib}.db`), small(kib));
    },
  );

  it.skipIf(!works(unsynced(1_000))).each([9, 14, 23, 40])(
    '(sync %i fails) is poisoned by it: acknowledges nothing more, and has kept the rest',
    async (from) => {
      await expectKept(join(folder, `unsynced-${from}.db`), unsynced(from));
    },
  );
});

const deliveredFrom = async (spool: string): Promise<readonly string[]> => {
  const took: string[] = [];
  const deps: SpoolDeps = {
    folder: spool,
    durability: 'process',
    clock: systemClock,
    deliver: async (texts) => void took.push(...texts),
    isHopeless: () => false,
    say: (line) => expect.fail(line),
  };
  const opened = await openSpool(deps);
  await opened.delivered(PATIENCE);
  await opened.close();
  return took;
};

describe('a spool on a disk that fails', { timeout: PATIENCE }, () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['its file may not grow', small(64)],
    ...(works(unsynced(1_000)) ? ([['a sync fails', [...ONE_THREAD, ...unsynced(20)]]] as const) : []),
  ];
  it.each(cases)(
    '(%s) keeps nothing more after the first refusal, and delivers what it had kept',
    async (name, under) => {
      const path = join(folder, `spool-${name.length}`);
      const { kept, refused, order } = run(under, SPOOL, path);
      expect([kept.length, refused.length].every((count) => count > 0)).toBe(true);
      expect(order).toMatch(/^(kept \w+\n)+(refused \w+\n?)+$/);
      const took = await deliveredFrom(path);
      expect(took.slice(0, kept.length)).toEqual(kept.map((id) => expect.stringContaining(`"${id}"`)));
    },
  );
});
