// From a row of the table (a fault and what must come of it) to its cells: streamed or not, with another seller or alone.
import type { Cell, Expect } from '../cell.ts';
import { fallbackFor, type SellerName } from '../sellers.ts';
import type { Script } from '../../support/truth-bill/acts.ts';

export type Row = {
  /** F16 and what sets this variant apart: F16-503. */
  readonly id: string;
  readonly about: string;
  readonly primary: SellerName;
  /** S: streamed · N: not. */
  readonly modes: 'SN' | 'S' | 'N';
  readonly script: Script;
  /** Virtual ms within which it is over where it is not streamed: a whole answer is given the time to be written. */
  readonly wholeWithinMs?: number;
  /** With another seller; absent: no such cell. */
  readonly plus?: Expect;
  /** Alone. */
  readonly zero?: Expect;
} & Partial<Pick<Cell, 'speed' | 'fallback' | 'policy' | 'body' | 'headers' | 'bills' | 'group' | 'drive' | 'second'>>;

const MODES = { SN: ['S', 'N'], S: ['S'], N: ['N'] } as const;

export const cellsOf = (row: Row): readonly Cell[] =>
  MODES[row.modes].flatMap((mode) => {
    const { id, modes: _, plus, zero, wholeWithinMs, fallback: named, ...rest } = row;
    const stream = mode === 'S';
    const limit = stream || wholeWithinMs === undefined ? {} : { withinMs: wholeWithinMs };
    const base = { group: 'upstream' as const, ...rest, stream };
    const fallback = named ?? fallbackFor(row.primary);
    return [
      ...(plus ? [{ ...base, name: `${id}.${mode}.F+`, fallback, expect: { by: fallback, ...plus, ...limit } }] : []),
      ...(zero ? [{ ...base, name: `${id}.${mode}.F0`, expect: { ...zero, ...limit } }] : []),
    ];
  });

/** A cell beyond the rows: one seller and one kind of request, where nothing else is said. */
export const beyond = (name: string, about: string, rest: Partial<Cell> & Pick<Cell, 'script' | 'expect'>): Cell => ({
  name: `X-${name}`,
  about,
  group: 'beyond',
  primary: 'openai',
  stream: false,
  ...rest,
});
