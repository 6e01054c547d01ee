// A cell played on a process of its own: started, asked, signalled, and judged by what it said, wrote and left.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RequestView } from '../../src/core/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { type Visit, visit } from './client.ts';
import { billed } from './gather.ts';
import type { Evidence, Stand } from './stand.ts';
import { writePlace } from './world.ts';

const CHILD = join(import.meta.dirname, 'process-child.ts');
/** What one child has compiled the next need not. */
const COMPILED = join(tmpdir(), 'bourse-test-compiled');

const FAR_TOO_LONG_MS = 60_000;

export type Stopped = { readonly code: number | string | null; readonly afterMs: number; readonly words: string };

export type Running = {
  readonly child: ChildProcess;
  readonly port: number;
  readonly ask: () => Visit;
  /** All who asked leave. */
  readonly leave: () => void;
  /** Resolves when it is gone, with the ms since `from` on the stand's clock, as real ones. It is killed when it takes far too long. */
  readonly stopped: (from: number) => Promise<Stopped>;
  readonly evidence: () => Promise<Evidence>;
};

const viewsIn = async (path: string): Promise<readonly RequestView[]> => {
  const ledger = await openSqliteLedger({ path, durability: 'process' });
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const ids = database.prepare('select request_id from decisions order by at').all();
    const views = await Promise.all(ids.map((row) => ledger.request(String(row['request_id']))));
    return views.filter((view) => view !== undefined);
  } finally {
    database.close();
    await ledger.close();
  }
};

/** Starts Bourse for the cell of this stand alone, against the same sellers; `speed` as the stand's own clock. */
export const startProcess = async (stand: Stand, speed: number): Promise<Running> => {
  const { world, cell } = stand;
  const place = writePlace([cell], world);
  const child = spawn(process.execPath, [CHILD, place.file, String(speed)], {
    cwd: place.folder,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED, ...place.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A cell that is given up leaves nothing running.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  let words = '';
  child.stderr.on('data', (piece: Buffer) => void (words += piece.toString()));
  const closed = once(child, 'close');
  const early = closed.then(() => Promise.reject(new Error(`the process ended before it listened:\n${words}`)));
  const [first] = await Promise.race([once(child.stdout, 'data'), early]);
  early.catch(() => undefined);
  const port = Number(String(first));
  const visits: Visit[] = [];
  return {
    child,
    port,
    leave: () => visits.forEach((each) => each.leave()),
    ask: () => {
      const made = visit(
        {
          ...stand.say(),
          port,
        },
        world.clock,
      );
      visits.push(made);
      return made;
    },
    stopped: async (from) => {
      const guard = setTimeout(() => child.kill('SIGKILL'), FAR_TOO_LONG_MS);
      await closed;
      clearTimeout(guard);
      return {
        code: child.exitCode ?? child.signalCode,
        afterMs: (world.clock.elapsed() - from) / speed,
        words,
      };
    },
    evidence: async () => {
      const views = await viewsIn(join(place.data, 'ledger.sqlite'));
      const calls = stand.calls();
      rmSync(place.folder, {
        recursive: true,
        force: true,
      });
      const answers = visits.map(({ heard }, at): [string, string] => [`answer ${at + 1}`, heard.body]);
      const closedOffer = {
        state: 'closed',
        share: 1,
      } as const;
      return {
        cell,
        views,
        speed,
        warnings: [],
        afterwards: undefined,
        held: new Map(),
        said: stand.said(),
        visits: visits.map(({ heard }) => ({
          ...heard,
          body: heard.body,
        })),
        calls: calls.map((call) => billed(world, call)),
        health: {
          health: closedOffer,
          now: 0,
        },
        healthAfter: closedOffer,
        outputs: new Map([['the log', words], ['the ledger', JSON.stringify(views)], ...answers]),
        leftovers: {
          timers: 0,
          connections: 0,
          calls: calls.filter(({ ended }) => ended === 'open').length,
        },
      };
    },
  };
};
