// Planted bugs of money and records, most of them as gateways that people run once had them.
import type { LedgerRecord } from '../../src/core/ledger.ts';
import { nanoUsd, ZERO_USD } from '../../src/core/money.ts';
import type { Hold, Ledger } from '../../src/core/ports.ts';
import { sampleSheet } from '../support/sample.ts';
import type { Bug } from './layers.ts';
import { offerOf } from './offers.ts';

const withRecords = (
  ledger: Ledger,
  change: (records: readonly LedgerRecord[]) => readonly LedgerRecord[],
): Ledger => ({
  ...ledger,
  append: (records) => ledger.append(change(records)),
});

const settledTwice: Bug = {
  name: 'settled-twice',
  about: 'what a request cost is counted twice (LiteLLM #36926: the counter is the budget plus what was just spent)',
  foundBy: ['settled-once', 'counter-true', 'cap-holds'],
  make: () => {
    const held = new Map<string, readonly Hold[]>();
    return {
      store: (store) => ({
        ...store,
        reserve: async (id, holds) => {
          held.set(id, holds);
          return store.reserve(id, holds);
        },
        settle: async (id, cost) => {
          await store.settle(id, cost);
          const again = (held.get(id) ?? []).map((hold) => ({ ...hold, amount: cost, limit: nanoUsd(1e15) }));
          if (cost > 0 && again.length > 0) await store.reserve(`${id}/again`, again);
          await store.settle(id, cost);
        },
      }),
    };
  },
};

const holdLeaked: Bug = {
  name: 'hold-leaked',
  about: 'a client that leaves takes its reservation with it (LiteLLM #34805: nothing is settled on cancel)',
  foundBy: ['nothing-held', 'settled-once'],
  make: ({ caseOf }) => ({
    store: (store) => ({
      ...store,
      settle: async (id, cost) => {
        if (caseOf(id)?.goneMs === undefined) await store.settle(id, cost);
      },
    }),
  }),
};

const outcomeLost: Bug = {
  name: 'outcome-lost',
  about: 'no row for a request whose client left (LiteLLM #38157, #34820: spend rows dropped on cancel)',
  foundBy: ['one-outcome'],
  make: () => ({
    ledger: (ledger) =>
      withRecords(ledger, (records) =>
        records.filter((record) => record.kind !== 'outcome' || record.outcome.status !== 'cancelled'),
      ),
  }),
};

const chanceNotLogged: Bug = {
  name: 'chance-not-logged',
  about: 'the record says that every choice was certain, so no policy can be tried on past traffic',
  foundBy: ['chance-on-record'],
  make: () => ({
    ledger: (ledger) =>
      withRecords(ledger, (records) =>
        records.map((record) =>
          record.kind === 'decision' ? { ...record, decision: { ...record.decision, probability: 1 } } : record,
        ),
      ),
  }),
};

const WRITTEN_LATE_MS = 3_000;

const writtenAfter: Bug = {
  name: 'written-after',
  about: 'the call is on record only after its answer (LiteLLM #21514, #38157: a buffer that a crash empties)',
  foundBy: ['noted-first', 'kept-first'],
  make: ({ clock }) => ({
    ledger: (ledger) => ({
      ...ledger,
      append: async (records) => {
        if (records.every(({ kind }) => kind === 'outcome')) return ledger.append(records);
        void clock.sleep(WRITTEN_LATE_MS).then(() => ledger.append(records).catch(() => undefined));
      },
    }),
  }),
};

const unknownIsFree: Bug = {
  name: 'unknown-is-free',
  about: 'a price nobody knows is taken for 0 (LiteLLM #10242: what cannot be looked up costs nothing)',
  foundBy: ['priced'],
  make: () => ({
    sheetOf: (sheetOf) => (offer, at) => sheetOf(offer, at) ?? sampleSheet(offerOf(offer), { input: 0, output: 0 }),
  }),
};

const billLost: Bug = {
  name: 'cost-refunded',
  about: 'now and then all that a request cost is given back (new-api #5235: refund after output)',
  foundBy: ['settled-once', 'cap-true', 'bill'],
  make: () => ({
    store: (store) => ({
      ...store,
      settle: (id, cost) => store.settle(id, cost > 0 && id.endsWith('7') ? ZERO_USD : cost),
    }),
  }),
};

export const MONEY_BUGS: readonly Bug[] = [
  settledTwice,
  holdLeaked,
  outcomeLost,
  chanceNotLogged,
  writtenAfter,
  unknownIsFree,
  billLost,
];
