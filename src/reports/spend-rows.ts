// How rows of spend are added up and taken from one another: field by field, quality weighted by who judged.
import type { SpendRow } from '../core/ledger.ts';
import { type NanoUsd, nanoUsd, ZERO_USD } from '../core/money.ts';

type Sign = 1 | -1;

export const emptyRow = (key: string): SpendRow => ({
  key,
  requests: 0,
  failed: 0,
  cancelled: 0,
  attempts: 0,
  cost: ZERO_USD,
  costSquares: 0,
  overheadCost: ZERO_USD,
  estimatedCost: ZERO_USD,
  ambiguousCost: ZERO_USD,
  ambiguous: 0,
  baselineCost: ZERO_USD,
  comparedCost: ZERO_USD,
  compared: 0,
  judged: 0,
});

/** A difference never falls below zero: what is taken away may be of another look. */
const atLeastZero = (value: number): number => Math.max(0, value);

const combined = (a: SpendRow, b: SpendRow, sign: Sign): SpendRow => {
  const count = (one: number, other: number): number => atLeastZero(one + sign * other);
  const amount = (one: NanoUsd, other: NanoUsd): NanoUsd => nanoUsd(count(one, other));
  const judged = count(a.judged, b.judged);
  const praise = (a.quality ?? 0) * a.judged + sign * (b.quality ?? 0) * b.judged;
  return {
    key: a.key,
    requests: count(a.requests, b.requests),
    failed: count(a.failed, b.failed),
    cancelled: count(a.cancelled, b.cancelled),
    attempts: count(a.attempts, b.attempts),
    cost: amount(a.cost, b.cost),
    costSquares: count(a.costSquares, b.costSquares),
    overheadCost: amount(a.overheadCost, b.overheadCost),
    estimatedCost: amount(a.estimatedCost, b.estimatedCost),
    ambiguousCost: amount(a.ambiguousCost, b.ambiguousCost),
    ambiguous: count(a.ambiguous, b.ambiguous),
    baselineCost: amount(a.baselineCost, b.baselineCost),
    comparedCost: amount(a.comparedCost, b.comparedCost),
    compared: count(a.compared, b.compared),
    ...(judged > 0 && { quality: Math.min(1, atLeastZero(praise / judged)) }),
    judged,
  };
};

export const minusRow = (row: SpendRow, part: SpendRow | undefined): SpendRow => (part ? combined(row, part, -1) : row);

export const totalRow = (rows: readonly SpendRow[]): SpendRow =>
  rows.reduce((sum, row) => combined(sum, row, 1), emptyRow('total'));
