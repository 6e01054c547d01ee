// The cells that are played with every test run: one of each kind of trouble, seconds in all.
import type { Cell } from './cell.ts';
import { CELLS } from './matrix.ts';

const NAMES = [
  'F01-refused.S.F+',
  'F02-black-hole.N.F0',
  'F03-reset-once.N.F0',
  'F06-silence.S.F+',
  'F07-400.S.F+',
  'F09-filtered.S.F0',
  'F11-per-day.N.F+',
  'F12-date.N.F0',
  'F13-hour.S.F0',
  'F16-503.N.F+',
  'F17-short.N.F+',
  'F20-inband-first.S.F+',
  'F21-inband-500.S.F+',
  'F22-reset.buffer.S.F+',
  'F22-fin.continue.S.F+',
  'F23-stall.S.F0',
  'F25-one.S.F0',
  'F26-split.S.F0',
  'F27-absurd.S.F0',
  'F31-finish-empty.S.F0',
  'C1-M4.S.stops',
  'C1-M4.S.continues',
  'X-gemini-tool-half.S.F0',
  'X-strict-inband.S.F+',
] as const;

/** @throws RangeError where a name is no cell's: the sample may not shrink unseen */
export const SAMPLE: readonly Cell[] = NAMES.map((name) => {
  const cell = CELLS.find((each) => each.name === name);
  if (!cell) throw new RangeError(`no cell is called ${name}`);
  return cell;
});
