// What is counted of prices: changes by verdict, changes that could not be written, and what sellers bill beside what they state.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { BillCheck } from '../core/price-history.ts';

export type PriceNumbers = {
  readonly changes: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly billChecks: readonly BillCheck[];
};

export const NO_PRICE_NUMBERS: PriceNumbers = { changes: {}, lost: 0, billChecks: [] };

/** Fewer bills than this would show noise. */
const LEAST_CALLS = 20;

/** @param read asked whenever the metrics are read @param label keeps offers nobody configured out of the labels */
export const registerPriceMetrics = (
  registry: Registry,
  { read, label }: { readonly read: () => PriceNumbers; readonly label: (offer: string) => string },
): void => {
  const registers = [registry];
  const changes: Counter<'verdict'> = new Counter({
    name: 'bourse_price_changes_total',
    help: 'Changes of prices that feeds stated, by what became of them',
    labelNames: ['verdict'],
    registers,
    collect: () => {
      changes.reset();
      for (const [verdict, count] of Object.entries(read().changes)) changes.inc({ verdict }, count);
    },
  });
  const lost: Counter = new Counter({
    name: 'bourse_price_history_lost_total',
    help: 'Changes of prices that could not be written into the database',
    registers,
    collect: () => {
      lost.reset();
      lost.inc(read().lost);
    },
  });
  const billed: Gauge<'offer'> = new Gauge({
    name: 'bourse_billed_ratio',
    help: 'Dollars a seller billed per dollar of its price sheet, over its last calls',
    labelNames: ['offer'],
    registers,
    collect: () => {
      billed.reset();
      for (const { offer, ratio, calls } of read().billChecks)
        if (calls >= LEAST_CALLS) billed.set({ offer: label(offer) }, ratio);
    },
  });
};
