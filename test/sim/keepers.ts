// The ledger in memory, and the store behind a wire: both may be away for a while, and both are watched.
import type { Decision } from '../../src/core/decision.ts';
import { RouterError } from '../../src/core/errors.ts';
import type { LedgerRecord } from '../../src/core/ledger.ts';
import type { Hold, Ledger, Rng, Store } from '../../src/core/ports.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import type { Evidence } from './evidence.ts';
import type { Stretch } from './kinds.ts';

const WRITE_MS = 5;
const WIRE_MS = 20;

const isAway = (stretches: readonly Stretch[], atMs: number): boolean =>
  stretches.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);

const unwritten = (): RouterError => new RouterError('ledger_unavailable', 'The disk is full.');
const away = (): RouterError =>
  new RouterError('overloaded', 'The shared store does not answer; try again in a moment.');

export type SimLedger = Ledger & {
  /** Every settled request with its decision, as written. */
  settled(): readonly { readonly decision: Decision; readonly outcome: Outcome }[];
};

/** Group commit in the order given; while it is away everything is refused, as by a full disk. */
export const createSimLedger = (evidence: Evidence): SimLedger => {
  const { clock, scenario } = evidence;
  const settled: { decision: Decision; outcome: Outcome }[] = [];

  const requestOf = (record: LedgerRecord): string => {
    switch (record.kind) {
      case 'decision':
        return record.decision.requestId;
      case 'dispatch':
        return record.note.requestId;
      case 'outcome':
        return record.outcome.requestId;
      case 'feedback':
        return record.feedback.requestId;
      case 'price':
        return '';
      default:
        return record satisfies never;
    }
  };

  const told = (record: LedgerRecord): void => {
    const entry = evidence.caseOf(requestOf(record));
    if (!entry) return;
    if (record.kind === 'dispatch') entry.notes.push({ note: record.note, toldMs: clock.elapsed() });
    if (record.kind !== 'outcome') return;
    entry.outcomesTold += 1;
    entry.outcome = record.outcome;
  };

  const write = (record: LedgerRecord): void => {
    const entry = evidence.caseOf(requestOf(record));
    if (!entry) return;
    evidence.trace(record.kind, entry.plan.n);
    if (record.kind === 'decision') entry.decisionRecord = record.decision;
    if (record.kind === 'dispatch') {
      const noted = entry.notes.find(({ note }) => note === record.note);
      if (noted) noted.writtenMs = clock.elapsed();
    }
    if (record.kind === 'outcome') {
      entry.outcomesWritten += 1;
      if (entry.decisionRecord) settled.push({ decision: entry.decisionRecord, outcome: record.outcome });
    }
  };

  return {
    append: (records) => {
      records.forEach(told);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const refuse = (): void => {
        for (const record of records) {
          const entry = evidence.caseOf(requestOf(record));
          if (entry) entry.unwritten = true;
        }
        reject(unwritten());
      };
      if (isAway(scenario.ledgerAway, clock.elapsed())) refuse();
      else
        clock.after(WRITE_MS, () => {
          if (isAway(scenario.ledgerAway, clock.elapsed())) return refuse();
          records.forEach(write);
          resolve();
        });
      return promise;
    },
    request: async () => undefined,
    lessons: async function* () {
      // Beliefs are held against what is settled(), decision by decision.
    },
    spend: async () => [],
    close: async () => undefined,
    settled: () => settled,
  };
};

/** The real store, at the end of a wire that is slow, and sometimes cut. What it is asked is told to `heard`. */
export const createWire = (
  store: Store,
  { evidence, rng, heard }: { readonly evidence: Evidence; readonly rng: Rng; readonly heard: StoreEar },
): Store => {
  const { clock, scenario } = evidence;
  const isWired = scenario.troubles.has('store');
  const cross = async (): Promise<void> => {
    if (isWired) await clock.sleep(WIRE_MS * rng.next());
  };
  return {
    ...store,
    reserve: async (id, holds) => {
      await cross();
      if (isAway(scenario.storeAway, clock.elapsed())) throw away();
      const reserved = await store.reserve(id, holds);
      heard.reserved(id, holds, reserved.ok);
      return reserved;
    },
    settle: async (id, cost) => {
      await cross();
      await store.settle(id, cost);
      heard.settled(id, cost);
    },
  };
};

export type StoreEar = {
  readonly reserved: (id: string, holds: readonly Hold[], ok: boolean) => void;
  readonly settled: (id: string, cost: Parameters<Store['settle']>[1]) => void;
};
