// Plays one cell from its first request to the last of the twelve invariants.
import { setTimeout } from 'node:timers/promises';
import { createFastClock } from '../support/truth-bill/clock.ts';
import { type Cell, type Finding, finding, INVARIANTS } from './cell.ts';
import { gather } from './gather.ts';
import { INVARIANT } from './invariants.ts';
import { openStand, primaryKey, setStage } from './stand.ts';
import type { World } from './world.ts';

/** Virtual ms per real one where a cell says nothing: the longest limit, a minute, is three seconds. */
const USUAL_SPEED = 20;
/** Between cells an hour passes, so that nothing of the one before is held against the next. */
const HOUR_MS = 3_600_000;
/** Of this process's own time, and of anybody's, after which a cell that does not end is given up. */
const PATIENCE_MS = 20_000;
const LONGEST_MS = 150_000;

export type Verdict = {
  readonly cell: Cell;
  readonly findings: readonly Finding[];
  readonly ms: number;
  /** It was given up, and may still be going on. */
  readonly late: boolean;
};

/** Resolves when a cell has had its time, or is over. The clock is its own: the sleepers of the world's are counted. */
const late = async ({ patienceMs = PATIENCE_MS }: Cell, over: AbortSignal): Promise<'late'> => {
  const clock = createFastClock();
  const anyway = AbortSignal.any([over, AbortSignal.timeout(LONGEST_MS)]);
  await clock.sleep(patienceMs, anyway);
  clock.stop();
  return 'late';
};

const CALM_MS = 2_000;
/** What is done again and again is at work, not asleep, just after the clock has jumped: a timer that would seem to be left over later. */
const calm = async ({ clock, idleTimers }: World): Promise<void> => {
  const until = performance.now() + CALM_MS;
  while (clock.pending() < idleTimers && performance.now() < until) await setTimeout(1);
};

const drive = async (world: World, cell: Cell): Promise<readonly Finding[]> => {
  const { clock } = world;
  const speed = cell.speed ?? USUAL_SPEED;
  clock.speed = speed;
  setStage(world, cell);
  await calm(world);
  const baseline = { timers: clock.pending(), words: world.words().length };
  const warnings: string[] = [];
  const hear = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`);
  process.on('warning', hear);
  try {
    const stand = openStand(world, cell);
    const own = (await cell.drive?.(stand)) ?? [];
    if (!cell.drive && !cell.gather) await stand.ask().over;
    const health = world.app.market.health.view(primaryKey(cell));
    const seen = { health, now: clock.now() };
    const evidence = (await cell.gather?.(stand)) ?? (await gather({ stand, baseline, warnings, speed, seen }));
    return [...own, ...(cell.judge?.() ?? []), ...INVARIANTS.flatMap((name) => INVARIANT[name](evidence))];
  } finally {
    process.off('warning', hear);
    clock.honest = false;
    clock.skip(HOUR_MS);
  }
};

export const play = async (world: World, cell: Cell): Promise<Verdict> => {
  const from = performance.now();
  const over = new AbortController();
  const outcome = await Promise.race([
    drive(world, cell).catch((fault: unknown) => [
      finding('I2', `the cell could not be judged: ${fault instanceof Error ? fault.stack : String(fault)}`),
    ]),
    late(cell, over.signal),
  ]);
  over.abort();
  const findings =
    outcome === 'late' ? [finding('I1', `not over after ${Math.round(performance.now() - from)} ms`)] : outcome;
  return { cell, findings, ms: performance.now() - from, late: outcome === 'late' };
};
