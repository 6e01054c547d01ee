// npm run test:faults: plays the matrix and says what failed, by which invariant, and how to see it again.
import { parseArgs } from 'node:util';
import type { Cell } from './cell.ts';
import { CELLS, FULL, LEAST } from './matrix.ts';
import { play, type Verdict } from './play.ts';
import { openWorld } from './world.ts';

/** Worlds side by side: most of a cell is waiting. */
const WORLDS = 6;

const { values } = parseArgs({
  options: {
    cell: { type: 'string', multiple: true, default: [] },
    worlds: { type: 'string', default: String(WORLDS) },
    full: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const chosen = [...CELLS, ...(values.full ? FULL : [])].filter(
  ({ name }) => values.cell.length === 0 || values.cell.some((part) => name.includes(part)),
);

const missing = Object.entries(LEAST).flatMap(([group, least]) => {
  const count = CELLS.filter((cell) => cell.group === group).length;
  return count < least ? [`there are ${count} cells of ${group}, there must be ${least}`] : [];
});

/** Request ids, so that the same said of many requests is said once. */
const ID = /[0-9a-f]{12}-[0-9a-f-]{36}|"created":\d+/g;

const report = ({ cell, findings, ms }: Verdict): void => {
  if (values.verbose || findings.length > 0)
    console.log(`${findings.length === 0 ? 'ok  ' : 'FAIL'} ${cell.name}  (${Math.round(ms)} ms)  ${cell.about}`);
  for (const [line, times] of Map.groupBy(
    findings,
    ({ invariant, what }) => `${invariant}  ${what.replaceAll(ID, 'ID')}`,
  ))
    console.log(`       ${line}${times.length > 1 ? `  (${times.length} times)` : ''}`);
  if (findings.length > 0) console.log(`       npm run test:faults -- --cell '${cell.name}'`);
};

/** One world after another: what a cell that did not end has left behind is not the next one's trouble. */
const worker = async (queue: Cell[]): Promise<readonly Verdict[]> => {
  const verdicts: Verdict[] = [];
  while (queue.length > 0) {
    await using world = await openWorld([...queue]);
    for (let cell = queue.shift(); cell; cell = queue.shift()) {
      const verdict = await play(world, cell);
      report(verdict);
      verdicts.push(verdict);
      if (verdict.late) break;
    }
  }
  return verdicts;
};

const from = performance.now();
const worlds = Math.max(1, Math.min(Number(values.worlds), chosen.length));
const verdicts = (
  await Promise.all(
    Array.from({ length: worlds }, (_, at) => worker(chosen.filter((_cell, place) => place % worlds === at))),
  )
).flat();
const failed = verdicts.filter(({ findings }) => findings.length > 0).length;
for (const line of missing) console.log(`FAIL ${line}`);
console.log(`${CELLS.length} cells, ${chosen.length} played in ${Math.round((performance.now() - from) / 1000)} s`);
console.log(`${verdicts.length - failed} passed, ${failed} failed`);
// A cell that was given up may still be at it.
process.exit(failed > 0 || missing.length > 0 || verdicts.length === 0 ? 1 : 0);
