// npm run test:clients: clients that do not read, that leave, and that come all at once. Words: --full for the half minute of production, --only.
import { parseArgs } from 'node:util';
import { createNumbers } from '../crash/load.ts';
import { capped } from './capped.ts';
import { leaving } from './leaving.ts';
import type { Check } from './stage.ts';
import { stalled } from './stalled.ts';

const { values } = parseArgs({
  options: { full: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const nextNumber = createNumbers();
const limitMs = values.full ? 30_000 : 5_000;
const PARTS: Readonly<Record<string, () => Promise<readonly Check[]>>> = {
  stalled: () => stalled({ clients: 200, limitMs, nextNumber }),
  leaving: () => leaving(nextNumber),
  capped,
};

const checks: Check[] = [];
for (const [name, part] of Object.entries(PARTS)) {
  if (!name.includes(values.only)) continue;
  for (const check of await part()) {
    checks.push(check);
    console.log(`${check.findings.length === 0 ? 'ok  ' : 'FAIL'} ${check.what}`);
    for (const line of check.findings.slice(0, 20)) console.log(`       ${line}`);
  }
}
const failed = checks.filter(({ findings }) => findings.length > 0).length;
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || checks.length === 0 ? 1 : 0);
