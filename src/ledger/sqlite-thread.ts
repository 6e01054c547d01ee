// A thread of the SQLite ledger: the writer or a reader, told which when it starts. It does one job at a time, in order.
import { parentPort, workerData } from 'node:worker_threads';
import { readCheck } from './check.ts';
import { readLessons } from './lessons.ts';
import { readBills, readLatestPrices, readPriceChanges } from './prices.ts';
import { readRequest } from './read.ts';
import { readRecords } from './records.ts';
import { recover } from './recover.ts';
import type { Rows } from './rows.ts';
import { checkVersion, migrate } from './migrate.ts';
import { readSpend } from './spend.ts';
import { type Durability, type OpenFile, openForReading, openForWriting } from './sqlite-database.ts';
import { createInserter } from './sqlite-insert.ts';
import type { Job, Reply } from './sqlite-jobs.ts';
import { readTraffic } from './traffic.ts';
import { insertRows, registerWriter } from './write.ts';

export type ThreadData = { readonly path: string } & (
  | { readonly role: 'writer'; readonly durability: Durability; readonly left: Rows }
  | { readonly role: 'reader' }
);

const data = workerData as ThreadData;
let file: OpenFile | undefined;
let insert: ReturnType<typeof createInserter> | undefined;

const open = async () => {
  const opened = data.role === 'writer' ? openForWriting(data.path, data.durability) : openForReading(data.path);
  file = opened;
  if (data.role === 'reader') {
    await checkVersion(opened.db);
    return { requests: 0, ambiguous: 0, reserved: 0 };
  }
  await migrate(opened.db, 'sqlite');
  if (data.left.dispatches.length > 0) {
    // Of a process that is gone, so they are written as its own; what it had written itself stays as it is.
    const gone = await registerWriter(opened.db);
    await insertRows(opened.db, data.left, gone);
  }
  const writer = await registerWriter(opened.db);
  insert = createInserter(opened.database, writer);
  return recover(opened.db, { engine: 'sqlite', self: writer });
};

const run = async (job: Job): Promise<unknown> => {
  if (job.name === 'open') return open();
  if (job.name === 'close') return file?.close();
  if (!file) throw new Error('the ledger is not open');
  switch (job.name) {
    case 'commit':
      return insert?.(job.takes);
    case 'request':
      return readRequest(file.db, job.takes);
    case 'lessons':
      return readLessons(file.db, job.takes);
    case 'spend':
      return readSpend(file.db, job.takes.range, job.takes.by);
    case 'priceChanges':
      return readPriceChanges(file.db, job.takes.range, job.takes.offer);
    case 'latestPrices':
      return readLatestPrices(file.db);
    case 'bills':
      return readBills(file.db);
    case 'traffic':
      return readTraffic(file.db, job.takes);
    case 'check':
      return readCheck(file.db, 'sqlite', job.takes);
    case 'records':
      return readRecords(file.db, job.takes);
    default:
      return job satisfies never;
  }
};

const answer = async (job: Job): Promise<Reply> => {
  try {
    return { id: job.id, ok: true, gives: await run(job) };
  } catch (cause) {
    return { id: job.id, ok: false, message: cause instanceof Error ? cause.message : String(cause) };
  }
};

let turn: Promise<void> = Promise.resolve();
parentPort?.on('message', (job: Job) => {
  turn = turn.then(async () => parentPort?.postMessage(await answer(job), []));
});
