// All cells there are, and how many there must be: a matrix that shrinks is a failure of its own.
import type { Cell } from './cell.ts';
import { BEFORE_ANSWER } from './cells/before-answer.ts';
import { CLIENTS } from './cells/clients.ts';
import { GUARDS } from './cells/guards.ts';
import { CONTENTS } from './cells/contents.ts';
import { CROWDS } from './cells/crowds.ts';
import { DIALECTS } from './cells/dialects.ts';
import { ENDS } from './cells/ends.ts';
import { LEAKY } from './cells/leaky.ts';
import { MID_ANSWER } from './cells/mid-answer.ts';
import { ODD } from './cells/odd.ts';
import { PROCESSES } from './cells/processes.ts';
import { cellsOf } from './cells/rows.ts';
import { OUTAGE } from './cells/sequences.ts';
import { SHAPES } from './cells/shapes.ts';
import { SPELLINGS } from './cells/spellings.ts';
import { STALLED, STALLED_FULL } from './cells/stalled.ts';
import { STATUSES } from './cells/statuses.ts';
import { STREAM_BYTES } from './cells/stream-bytes.ts';
import { WAITS } from './cells/waits.ts';

export const CELLS: readonly Cell[] = [
  ...[...BEFORE_ANSWER, ...STATUSES, ...MID_ANSWER, ...STREAM_BYTES, ...OUTAGE].flatMap(cellsOf),
  ...CLIENTS,
  ...PROCESSES,
  ...GUARDS,
  ...DIALECTS,
  ...ODD,
  ...CROWDS,
  ...CONTENTS,
  ...WAITS,
  ...SPELLINGS,
  ...ENDS,
  ...SHAPES,
  ...LEAKY,
  ...STALLED,
];

/** What takes minutes and hundreds of megabytes: played with --full. */
export const FULL: readonly Cell[] = STALLED_FULL;

/** Cells there must be at least, by group. */
export const LEAST: Readonly<Record<Cell['group'], number>> = {
  upstream: 221,
  client: 29,
  process: 19,
  guard: 40,
  beyond: 196,
};
