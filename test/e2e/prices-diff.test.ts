// bourse prices diff as a person or a script runs it: over a ledger, beside a running server or without one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { priceFromUsdPerMillion } from '../../src/core/money.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { writeSetup } from '../support/bourse.ts';
import { keyOf, wholeRequest } from '../support/ledger.ts';
import { runBourse } from '../support/process.ts';
import { sampleOffer, sampleQuote, sampleRung, sampleSheet } from '../support/sample.ts';

const PATIENCE = { timeout: 60_000 };
const SPARK = 'lumen:lumen/spark';
const TITAN = 'orion:orion/titan';

let cwd: string;
let file: string;
let env: Record<string, string>;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'bourse-e2e-'));
  const sells = [{ model: 'lumen/spark', price: [1, 2] as const }];
  ({ file, env } = writeSetup(cwd, { sellers: [{ name: 'lumen', dialect: 'chat', sells }] }, ['http://127.0.0.1:1']));
  const now = Date.now();
  const ledger = await openSqliteLedger({ path: join(cwd, 'data', 'ledger.sqlite') });
  const spark = sampleRung(sampleQuote(sampleOffer(SPARK), { input: 1, output: 2 }));
  const titan = {
    ...sampleRung(sampleQuote(sampleOffer(TITAN), { input: 10, output: 20 })),
    quality: { mean: 0.9, sd: 0 },
  };
  for (let at = 0; at < 50; at++)
    void ledger.append(
      wholeRequest(`r${at}`, {
        decision: { at: now - 60_000 - at, exchangeRate: 0.02, ladder: at < 9 ? [spark, titan] : [spark] },
      }),
    );
  const rates = (input: number) => [
    { meter: 'input' as const, price: priceFromUsdPerMillion(input) },
    { meter: 'output' as const, price: priceFromUsdPerMillion(2 * input) },
  ];
  await ledger.prices.append([
    {
      offer: keyOf(TITAN),
      verdict: 'held',
      reason: 'held: 10/20 → 4/8',
      observedAt: now - 3_600_000,
      before: rates(10),
      sheet: { ...sampleSheet(sampleOffer(TITAN), { input: 10, output: 20 }), effectiveFrom: now - 3_600_000 },
      proposed: rates(4),
      source: { feed: 'models.dev', revision: 'a', observedAt: now },
    },
  ]);
  await ledger.close();
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const run = (...words: string[]) => runBourse(['prices', 'diff', ...words], { cwd, env });

describe.concurrent('bourse prices diff', PATIENCE, () => {
  it('says what changed and what of yesterday’s traffic it would have shifted, for people', async () => {
    const { code, out } = await run('--since', '7d', '--config', file);
    expect(code).toBe(0);
    expect(out).toContain(`${TITAN}  held`);
    expect(out).toContain('−60.0 %');
    expect(out).toContain(`${TITAN} would shift 18.0 % of the last day’s 50 requests, 18.0 % of its dollars.`);
    expect(out).toContain('Estimated:');
  });

  it('gives the same to programs', async () => {
    const { code, out } = await run('--config', file, '--json');
    expect(code).toBe(0);
    const [change] = JSON.parse(out).changes;
    expect(change).toMatchObject({ offer: TITAN, verdict: 'held', source: 'models.dev' });
    expect(change.shift).toMatchObject({ moved_share: 0.18, toward_requests: 9, away_requests: 0 });
  });

  it('says that nothing changed in a shorter time', async () => {
    expect(await run('--since', '5m', '--config', file)).toMatchObject({ code: 0, out: 'No price changed.\n' });
  });

  it('refuses words it does not know, and says what to do where there is no history', async () => {
    const odd = await run('--since', 'soon', '--config', file);
    expect(odd.code).toBe(2);
    expect(odd.err).toContain('--since takes');
    const empty = mkdtempSync(join(tmpdir(), 'bourse-e2e-'));
    const none = await runBourse(['prices', 'diff'], { cwd: empty, env });
    rmSync(empty, { recursive: true });
    expect(none.code).toBe(1);
    expect(none.err).toContain('there is no history yet');
    expect(none.err).toContain('"bourse serve" writes it');
  });
});
