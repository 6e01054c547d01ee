import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { seededRng } from '../../support/rng.ts';

const folder = mkdtempSync(join(tmpdir(), 'bourse-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CYCLES = 5;
const SEED = 7;

/** Runs the writing child until it was promised `settled` requests, kills it without warning, returns what it had been promised. */
const writeAndDie = async (path: string, cycle: number, settled: number) => {
  const script = join(import.meta.dirname, '../../support/crash-child.ts');
  const child = spawn(process.execPath, [script, path, String(cycle)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split('\nsettled ').length > settled) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const promised = (word: string): string[] =>
    output
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => line.slice(word.length + 1));
  return { sent: promised('sent'), settled: promised('settled'), errors };
};

describe('a ledger whose process is killed while it writes', () => {
  it(`has lost nothing it had acknowledged and flags every dispatch without an answer (${CYCLES} kills, seed ${SEED})`, {
    timeout: 120_000,
  }, async () => {
    const rng = seededRng(SEED);
    const path = join(folder, 'ledger.db');
    let flagged = 0;
    let acknowledged = 0;
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const told = await writeAndDie(path, cycle, 1 + Math.floor(rng.next() * 200));
      expect(told.errors).toBe('');
      const ledger = await openSqliteLedger({ path });
      const outcomeOf = async (id: string) => [id, (await ledger.request(id))?.outcome] as const;
      const settled = new Set(told.settled);
      const answered = await Promise.all(told.settled.map(outcomeOf));
      expect(answered.filter(([, outcome]) => outcome?.status !== 'ok')).toEqual([]);
      // Sent and not acknowledged as settled: its outcome was written just before the kill, or it must be flagged.
      const open = await Promise.all(told.sent.filter((id) => !settled.has(id)).map(outcomeOf));
      expect(open.filter(([, outcome]) => outcome === undefined)).toEqual([]);
      const interrupted = open.filter(([, outcome]) => outcome?.costStatus === 'ambiguous').length;
      expect(ledger.recovered.ambiguous).toBeGreaterThanOrEqual(interrupted);
      expect(ledger.recovered.reserved).toBe(ledger.recovered.ambiguous * 7_000);
      flagged += ledger.recovered.ambiguous;
      acknowledged += told.settled.length;
      const [row] = await ledger.spend({ from: 0, to: Number.POSITIVE_INFINITY }, 'policy');
      expect(row?.ambiguous).toBe(flagged);
      await ledger.close();
    }
    expect(acknowledged).toBeGreaterThan(0);
    expect(flagged).toBeGreaterThan(0);
  });
});
