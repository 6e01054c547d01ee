// What this process has to do without for now, as a metric: the shared store, the ledger's database.
import { Gauge, type Registry } from 'prom-client';

const PARTS = ['store', 'ledger'] as const;

export const exposeDegraded = (registry: Registry, lacking: () => readonly string[]): void => {
  const gauge: Gauge<'part'> = new Gauge({
    name: 'bourse_degraded',
    help: '1 while this process has to do without the shared store or the database of the ledger',
    labelNames: ['part'],
    registers: [registry],
    collect: (): void => {
      const now = lacking();
      for (const part of PARTS) gauge.set({ part }, now.includes(part) ? 1 : 0);
    },
  });
};
