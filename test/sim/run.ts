// npm run test:sim: plays worlds by their seeds, then bugs that were planted on purpose, and says what was found and how to see it again.
import { parseArgs } from 'node:util';
import { BUGS } from './bugs.ts';
import { findBugs } from './hunt.ts';
import { keep, keptSeeds } from './kept.ts';
import { TROUBLES } from './kinds.ts';
import { playSeeds } from './seeds.ts';
import { shrink } from './shrink.ts';
import { createPool } from './threads.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
    requests: { type: 'string', default: '500' },
    without: { type: 'string', default: '' },
    bug: { type: 'string' },
    threads: { type: 'string' },
  },
});

const whole = (text: string, what: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`--${what} is a whole number, not ${text}`);
  return number;
};

const requests = whole(values.requests, 'requests');
const from = whole(values.seed ?? values.from, 'seed');
const count = values.seed === undefined ? whole(values.seeds, 'seeds') : 1;
const without = TROUBLES.filter((trouble) => values.without.split(',').includes(trouble));
const isAllBugs = values.bug === 'all' || (values.bug === undefined && values.seed === undefined);
const bugs = BUGS.filter(({ name }) => isAllBugs || name === values.bug);
if (values.bug !== undefined && bugs.length === 0)
  throw new RangeError(`--bug is all or one of: ${BUGS.map(({ name }) => name).join(', ')}`);

const pool = createPool(...(values.threads === undefined ? [] : [whole(values.threads, 'threads')]));
let passed = 0;
let failed = 0;

if (values.bug === undefined) {
  const kept = values.seed === undefined ? keptSeeds() : [];
  const worlds = Array.from({ length: count }, (_, at) => ({ seed: from + at, requests, without }));
  const played = await playSeeds({ pool, kept, worlds, isSure: values.seed === undefined });
  passed += played.passed;
  failed += played.failures.length + played.unlike.length;
  // One of each kind is made small: the others are most likely the same.
  for (const [invariant, [failure]] of Map.groupBy(played.failures, (each) => each.invariant)) {
    if (!failure) continue;
    console.log(`FAIL seed ${failure.options.seed}: ${invariant}: request ${failure.n}: ${failure.what}`);
    if (invariant === 'played') continue;
    const least = await shrink({ ...failure.options, invariant });
    const flags = least.without?.length ? ` --without ${least.without.join(',')}` : '';
    console.log(`     npm run test:sim -- --seed ${least.seed} --requests ${least.requests}${flags}`);
    keep(least);
  }
}

if (bugs.length > 0) {
  const hunted = await findBugs({ pool, bugs, requests: Math.min(requests, 200) });
  passed += hunted.found;
  failed += hunted.missed;
}

await pool.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
