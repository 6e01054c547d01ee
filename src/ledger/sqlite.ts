// The embedded ledger: a SQLite file, one thread that writes it with group commit and one that reads it for reports.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ZERO_USD } from '../core/money.ts';
import { createGroupCommit, READ_ONLY } from './group-commit.ts';
import { leftIntents, openIntents } from './intents.ts';
import { lessonPages, trafficPages } from './pages.ts';
import type { OpenedLedger, Recovered } from './recover.ts';
import type { Durability } from './sqlite-database.ts';
import { type Crew, createCrew } from './sqlite-jobs.ts';
import type { ThreadData } from './sqlite-thread.ts';
import { withoutKnownDocuments } from './write.ts';

export type SqliteLedgerOptions = {
  /** A file; its folder is made if need be. Beside it live -wal, -shm, .lock, .calls-a and .calls-b. */
  readonly path: string;
  readonly durability?: Durability;
  /** read: for reports beside a running server; nothing can be appended. */
  readonly access?: 'write' | 'read';
};

/**
 * What a thread of the ledger may take, MiB. Young objects are a page of a report or a batch of rows: by itself V8 would let their garbage grow to
 * three times 32 MiB a thread before it looks, and read no faster for it.
 */
const HEAP = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 512 };

const startThread = (data: ThreadData): Crew =>
  createCrew(
    new Worker(new URL('./sqlite-thread.ts', import.meta.url), {
      workerData: data,
      name: `ledger-${data.role}`,
      resourceLimits: HEAP,
    }),
  );

const NOTHING_RECOVERED: Recovered = { requests: 0, ambiguous: 0, reserved: ZERO_USD };

/**
 * Opens (or creates) the ledger, settles what a crash left unanswered, and says so in `recovered`.
 * @throws RouterError ledger_unavailable: held by another process, damaged, or written by a newer Bourse
 */
export const openSqliteLedger = async (options: SqliteLedgerOptions): Promise<OpenedLedger> => {
  const { path, durability = 'process', access = 'write' } = options;
  if (access === 'write') await mkdir(dirname(path), { recursive: true });
  const writer =
    access === 'write' ? startThread({ role: 'writer', path, durability, left: leftIntents(path) }) : undefined;
  const reader = startThread({ role: 'reader', path });
  const end = async (): Promise<void> => void (await Promise.all([writer?.end(), reader.end()]));
  try {
    // The reader opens second: only then do the tables exist.
    const recovered = writer ? await writer.ask('open', undefined) : NOTHING_RECOVERED;
    await reader.ask('open', undefined);
    // Only what survives a process can be had without waiting for the disk.
    const intents = writer && durability === 'process' ? openIntents(path) : undefined;
    const commits = writer
      ? createGroupCommit({
          commit: withoutKnownDocuments((rows) => writer.ask('commit', rows)),
          ...(intents ? { keep: intents.keep } : {}),
        })
      : READ_ONLY;
    const close = async (): Promise<void> => {
      await commits.close();
      intents?.close();
      await reader.ask('close', undefined);
      await writer?.ask('close', undefined);
      await end();
    };
    let closing: Promise<void> | undefined;
    return {
      recovered,
      keepsCalls: intents !== undefined,
      fault: () => commits.fault(),
      append: (records) => commits.append(records),
      request: (id) => reader.ask('request', id),
      lessons: () => lessonPages((after) => reader.ask('lessons', after)),
      spend: (range, by) => reader.ask('spend', { range, by }),
      prices: {
        append: (changes) => commits.append(changes.map((change) => ({ kind: 'price', change }))),
        of: (offer, range) => reader.ask('priceChanges', { range, offer }),
        within: (range) => reader.ask('priceChanges', { range }),
        latest: () => reader.ask('latestPrices', undefined),
        bills: () => reader.ask('bills', undefined),
      },
      check: (step) => reader.ask('check', step),
      records: (question) => reader.ask('records', question),
      traffic: { decisions: (range) => trafficPages((before) => reader.ask('traffic', { range, before })) },
      close: () => (closing ??= close().catch(end)),
    };
  } catch (failure) {
    await end();
    throw failure;
  }
};
