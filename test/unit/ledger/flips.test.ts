// Bits that turn over in the file of a ledger, one on every page: it is refused, or the damage is named, or what it says is what was written.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rng } from '../../../src/core/ports.ts';
import { type CheckStep, FIRST_STEPS, readCheck } from '../../../src/ledger/check.ts';
import { readLessons } from '../../../src/ledger/lessons.ts';
import { readPriceChanges } from '../../../src/ledger/prices.ts';
import { readRecords } from '../../../src/ledger/records.ts';
import { checkVersion } from '../../../src/ledger/migrate.ts';
import type { LedgerDatabase } from '../../../src/ledger/schema.ts';
import { readSpend } from '../../../src/ledger/spend.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { openForReading } from '../../../src/ledger/sqlite-database.ts';
import { keyOf, said, wholeRequest } from '../../support/ledger.ts';
import { seededRng } from '../../support/rng.ts';
import { sampleOffer, sampleSheet } from '../../support/sample.ts';

const SEED = 7;
const REQUESTS = 120;
const FLIPS_PER_PAGE = 3;
const PAGE_BYTES = 4096;
const EVER = { from: 0, to: Number.MAX_SAFE_INTEGER };

const folder = mkdtempSync(join(tmpdir(), 'bourse-flips-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const whole = join(folder, 'whole.db');
let original = Buffer.alloc(0);
let said0 = '';

/** Everything reports and beliefs are made of. */
const toldBy = async (db: LedgerDatabase): Promise<string> =>
  JSON.stringify(
    [
      await readRecords(db, { range: EVER, after: undefined }),
      await readSpend(db, EVER, 'policy'),
      await readLessons(db, 0n),
      await readPriceChanges(db, { ...EVER, limit: 1_000 }),
    ],
    (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );

const problemsIn = async (db: LedgerDatabase): Promise<number> => {
  let problems = 0;
  for (const first of FIRST_STEPS)
    for (let step: CheckStep | undefined = first; step; ) {
      const page: Awaited<ReturnType<typeof readCheck>> = await readCheck(db, 'sqlite', step);
      problems += page.problems.length;
      step = page.next;
    }
  return problems;
};

type End = 'refused' | 'named' | 'harmless' | 'silent';

/** What becomes of a ledger with these bytes. */
const endOf = async (bytes: Buffer): Promise<End> => {
  const path = join(folder, 'flipped.db');
  writeFileSync(path, bytes);
  try {
    const file = openForReading(path);
    try {
      await checkVersion(file.db);
      if ((await problemsIn(file.db)) > 0) return 'named';
      return (await toldBy(file.db)) === said0 ? 'harmless' : 'silent';
    } finally {
      await file.close();
    }
  } catch {
    return 'refused';
  }
};

const flipped = (rng: Rng, page: number): { readonly bytes: Buffer; readonly at: number } => {
  const bytes = Buffer.from(original);
  const at = page * PAGE_BYTES + Math.floor(rng.next() * PAGE_BYTES);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(rng.next() * 8));
  return { bytes, at };
};

beforeAll(async () => {
  const ledger = await openSqliteLedger({ path: whole });
  const spark = sampleOffer('lumen:lumen/spark');
  for (let index = 0; index < REQUESTS; index += 1)
    await ledger.append([...wholeRequest(`r${index}`), ...(index % 3 === 0 ? [said(`r${index}`)] : [])]);
  await ledger.prices.append(
    Array.from({ length: 20 }, (_, index) => ({
      offer: keyOf('lumen:lumen/spark'),
      verdict: 'applied' as const,
      reason: 'a price',
      observedAt: index + 1,
      sheet: sampleSheet(spark, { input: index + 1, output: 2 }),
    })),
  );
  await ledger.close();
  original = readFileSync(whole);
  const file = openForReading(whole);
  said0 = await toldBy(file.db);
  await file.close();
});

describe('a ledger with a bit that turned over', () => {
  it(`is never read as if nothing were wrong and something else stood there (seed ${SEED})`, {
    timeout: 120_000,
  }, async () => {
    copyFileSync(whole, join(folder, 'copy.db'));
    expect(await endOf(original)).toBe('harmless');
    const rng = seededRng(SEED);
    const pages = original.length / PAGE_BYTES;
    const ends: Record<End, number> = { refused: 0, named: 0, harmless: 0, silent: 0 };
    const silent: string[] = [];
    for (let flip = 0; flip < pages * FLIPS_PER_PAGE; flip += 1) {
      const { bytes, at } = flipped(rng, flip % pages);
      const end = await endOf(bytes);
      ends[end] += 1;
      if (end === 'silent') silent.push(`byte ${at}, page ${Math.floor(at / PAGE_BYTES)}`);
    }
    expect(silent).toEqual([]);
    expect(ends.named).toBeGreaterThan(ends.refused);
  });
});
