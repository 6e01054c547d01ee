// The few ways a request can end, as expectations to be varied.
import type { Count, Expect } from '../cell.ts';

export const ONE: Count = [1, 1];

/** Another seller's whole answer. */
export const another = (change: Partial<Expect> = {}): Expect => ({
  status: [200],
  ends: 'answer',
  primary: ONE,
  total: [2, 3],
  ...change,
});

/** The first seller's own answer. */
export const own = (change: Partial<Expect> = {}): Expect => ({
  status: [200],
  ends: 'answer',
  primary: ONE,
  ...change,
});

/** A status and a body. */
export const told = (status: number, change: Partial<Expect> = {}): Expect => ({
  status: [status],
  ends: 'error',
  primary: ONE,
  total: [1, 2],
  ...change,
});

/** A stream that breaks after its first words. */
export const broken = (change: Partial<Expect> = {}): Expect => ({
  status: [200],
  ends: 'error-frame',
  primary: ONE,
  total: ONE,
  codes: ['stream_interrupted'],
  ...change,
});
