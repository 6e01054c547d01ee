// Rows of calls that leave before the ledger has them: what a killed process leaves behind, and what its successor makes of it.
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nanoUsd } from '../../../src/core/money.ts';
import type { DispatchNote } from '../../../src/core/outcome.ts';
import { leftIntents, openIntents } from '../../../src/ledger/intents.ts';
import { rowsOf } from '../../../src/ledger/rows.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { sampleDecision, sampleOffer, sampleQuote, sampleRung } from '../../support/sample.ts';

const decisionOf = (requestId: string) => sampleDecision([sampleRung(sampleQuote(sampleOffer()))], { requestId });
const noteOf = (requestId: string, attempt = 1): DispatchNote => ({
  requestId,
  attempt,
  at: decisionOf(requestId).at,
  offer: sampleOffer().key,
  reserved: nanoUsd(5_000),
});
const recordsOf = (requestId: string) =>
  [
    { kind: 'decision', decision: decisionOf(requestId), caller: 'local' },
    { kind: 'dispatch', note: noteOf(requestId) },
  ] as const;
const rowsFor = (requestId: string) => rowsOf(recordsOf(requestId));
const leftIds = () => leftIntents(path).dispatches.map((row) => row.request_id);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bourse-intents-'));
  path = join(folder, 'ledger.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('intents', () => {
  it('are there for whoever comes next, until the ledger has them', () => {
    const intents = openIntents(path);
    const kept = intents.keep(rowsFor('r1'));
    intents.keep(rowsFor('r2'));
    expect(leftIntents(path).decisions).toHaveLength(2);
    kept();
    // One is still out, so the file stays whole.
    intents.close();
    expect(leftIds()).toEqual(['r1', 'r2']);
    openIntents(path).close();
    expect(leftIds()).toEqual([]);
  });

  it('pass over a line that was never finished, and one that is no row', () => {
    openIntents(path).keep(rowsFor('r1'));
    appendFileSync(`${path}.calls-a`, '{"dispatches":5}\n17\n{"decisions":[{"requ');
    expect(leftIds()).toEqual(['r1']);
  });

  it('stay small however many there are, as long as the ledger keeps up, and say what is repeated once', () => {
    const intents = openIntents(path);
    intents.keep(rowsFor('first'))();
    const before = statSync(`${path}.calls-a`).size;
    intents.keep(rowsFor('second'))();
    expect(statSync(`${path}.calls-a`).size - before).toBeLessThan(before);
    let previous = intents.keep(rowsFor('third'));
    for (let count = 0; count < 3_000; count += 1) {
      const kept = intents.keep(rowsFor(`request-number-${count}`));
      previous();
      previous = kept;
    }
    for (const name of ['a', 'b']) expect(statSync(`${path}.calls-${name}`).size).toBeLessThan(1_200_000);
    intents.close();
  });

  it('become requests that may have been billed, in the ledger of the next process, once', async () => {
    const first = await openSqliteLedger({ path });
    const written = first.append(recordsOf('lost'));
    // Killed here: the call may leave, and the database has not heard of it.
    const atDeath = readFileSync(`${path}.calls-a`, 'utf8');
    await written;
    await first.close();
    const other = join(folder, 'other.sqlite');
    cpSync(`${path}.calls-a`, `${other}.calls-a`);
    appendFileSync(`${other}.calls-a`, atDeath);

    const second = await openSqliteLedger({ path: other });
    expect(second.recovered).toEqual({ requests: 1, ambiguous: 1, reserved: 5_000 });
    expect((await second.request('lost'))?.decision).toEqual(decisionOf('lost'));
    const rows = await second.spend({ from: 0, to: Number.MAX_SAFE_INTEGER }, 'policy');
    expect(rows).toMatchObject([{ key: 'auto', requests: 1, ambiguous: 1, ambiguousCost: 5_000 }]);
    await second.close();

    const third = await openSqliteLedger({ path: other });
    expect(third.recovered.requests).toBe(0);
    await third.close();
  });

  it('are not kept where a ledger must survive the machine: there the call waits for the disk', async () => {
    const ledger = await openSqliteLedger({ path, durability: 'power' });
    expect(ledger.keepsCalls).toBe(false);
    await ledger.append(recordsOf('r1'));
    expect(leftIds()).toEqual([]);
    await ledger.close();
  });
});
