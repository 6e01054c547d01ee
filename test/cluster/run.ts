// npm run test:cluster: real replicas on a real Redis and a real PostgreSQL, scenario by scenario; says what was seen and what was wrong.
import { parseArgs } from 'node:util';
import { findPrograms } from './programs.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

/** One that takes longer is given up, and everything with it. */
const LONGEST_MS = 240_000;

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true, default: [] } } });

const play = async ({ name, run }: Scenario): Promise<boolean> => {
  const from = performance.now();
  const late = AbortSignal.timeout(LONGEST_MS);
  const given = new Promise<never>((_resolve, reject) =>
    late.addEventListener('abort', () => reject(new Error('took too long'))),
  );
  const { saw, wrong } = await Promise.race([run(), given]).catch((fault: unknown) => ({
    saw: '',
    wrong: [fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)],
  }));
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  console.log(`${wrong.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)${saw ? `: ${saw}` : ''}`);
  for (const line of wrong) console.log(`       ${line}`);
  return wrong.length === 0;
};

try {
  findPrograms();
} catch (fault) {
  console.log(`FAIL ${fault instanceof Error ? fault.message : String(fault)}`);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

const chosen = SCENARIOS.filter(
  ({ name }) => values.only.length === 0 || values.only.some((part) => name.includes(part)),
);
let passed = 0;
for (const scenario of chosen) passed += (await play(scenario)) ? 1 : 0;
console.log(`${passed} passed, ${chosen.length - passed} failed`);
// A scenario that was given up may still be at it.
process.exit(passed === chosen.length && passed > 0 ? 0 : 1);
