// The price thread as the rest of the router sees it: started when first needed, replaced when it dies, its news taken in slice by slice.
import type { Config } from '../config.ts';
import type { Clock, Rng } from '../core/ports.ts';
import type { RefreshDeps } from '../market/refresh.ts';
import type { PriceChange } from '../market/sheet-book.ts';
import type { PriceBoard } from '../market/sheets.ts';
import type { ListedOffer } from './feeds.ts';
import { type Life, startLife } from './price-life.ts';
import { partsOf, type Task } from './price-link.ts';

export type PriceThreadDeps = Pick<RefreshDeps, 'mayRead' | 'onChange' | 'onFault'> &
  Required<Pick<RefreshDeps, 'onSpeeds'>> & {
    readonly config: Config;
    readonly offers: readonly ListedOffer[];
    /** Whether there is any feed to read; without one no thread is started but to hear others. */
    readonly reads: boolean;
    /** What requests are priced from; only this thread touches it. */
    readonly board: PriceBoard;
    readonly clock: Clock;
    readonly rng: Rng;
    /** Told what was read here, as bytes for the `hear` of another process. Absent: nobody else wants to know. */
    readonly onReading?: (feed: string, bytes: Uint8Array) => void;
    /** Another program for the thread: for tests of its death. */
    readonly program?: URL;
  };

const PROGRAM = new URL('./price-worker.ts', import.meta.url);
/** After a death, and twice as long after each further one. */
const RESTART_MS = 60_000;
const LONGEST_RESTART_MS = 3_600_000;
/** Tasks that wait for the one under way; more would be the same question again. */
const MOST_WAITING = 16;

const lifeFor = ({ config, offers, rng, mayRead, onFault, onReading, program }: PriceThreadDeps): Life =>
  startLife({
    program: program ?? PROGRAM,
    start: {
      config,
      offers: offers.map(({ provider, model, wireId }) => ({ provider, model, wireId })),
      seed: Math.floor(rng.next() * 2 ** 31),
      shares: onReading !== undefined,
    },
    mayRead,
    onFault,
    onReading: (feed, bytes) => onReading?.(feed, bytes),
  });

/** How long nothing is started after so many deaths in a row. */
const pauseAfter = (deaths: number): number => Math.min(RESTART_MS * 2 ** (deaths - 1), LONGEST_RESTART_MS);

const epitaph = (cause: unknown, waitMs: number): string =>
  `${cause instanceof Error ? cause.message : String(cause)}; the last good prices stand, another thread in ${waitMs / 1000} s`;

/** Performs tasks in whatever thread is alive. */
const createSupervisor = (deps: PriceThreadDeps) => {
  const { board, clock } = deps;
  let life: Life | undefined;
  let deaths = 0;
  let restartAt = 0;
  let stopped = false;
  let precedences: ReadonlyMap<string, number> = new Map();

  /** Resolves when all that a task has led to is in force here. */
  const perform = async (alive: Life, task: Task): Promise<readonly PriceChange[]> => {
    const told: PriceChange[] = [];
    await alive.perform(task, {
      now: clock.now(),
      onSlice: ({ slice: { standings, seen, changes, speeds }, precedences: known }) => {
        precedences = known;
        board.install(standings, known);
        board.see(seen);
        for (const change of changes) deps.onChange(change);
        for (const { feed, speeds: said, observedAt } of speeds) deps.onSpeeds(feed, said, observedAt);
        told.push(...changes);
      },
    });
    return told;
  };

  /** A new thread is told how offers stand here, so that nothing that was learnt is lost with the old one. */
  const born = async (): Promise<Life> => {
    const next = lifeFor(deps);
    life = next;
    for (const standings of partsOf(board.standings())) await perform(next, { do: 'install', standings, precedences });
    return next;
  };

  const died = (cause: unknown): readonly PriceChange[] => {
    void life?.end();
    life = undefined;
    if (stopped) return [];
    const wait = pauseAfter((deaths += 1));
    restartAt = clock.now() + wait;
    deps.onFault('prices', epitaph(cause, wait));
    return [];
  };

  return {
    run: async (task: Task): Promise<readonly PriceChange[]> => {
      if (stopped || (!life && clock.now() < restartAt)) return [];
      try {
        const changes = await perform(life ?? (await born()), task);
        deaths = 0;
        return changes;
      } catch (cause) {
        return died(cause);
      }
    },
    stop: async (): Promise<void> => {
      stopped = true;
      await life?.end();
    },
  };
};

export const createPriceThread = (deps: PriceThreadDeps) => {
  const supervisor = createSupervisor(deps);
  let waiting = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const enqueue = async (task: Task): Promise<readonly PriceChange[]> => {
    if (waiting >= MOST_WAITING) return [];
    waiting += 1;
    const result = queue.then(() => supervisor.run(task)).finally(() => (waiting -= 1));
    queue = result;
    return result;
  };
  const read = async (what: 'restore' | 'due' | 'all'): Promise<readonly PriceChange[]> =>
    deps.reads ? await enqueue({ do: what }) : [];

  return {
    /** Takes up what was last believed before this process began. */
    restore: () => read('restore'),
    /** Reads what is due; called every minute, and not again while the last call is under way. */
    due: async () => (waiting > 0 ? [] : await read('due')),
    /** Reads everything now. */
    all: () => read('all'),
    /** Takes in what another process has read. */
    hear: (bytes: Uint8Array) => enqueue({ do: 'hear', bytes }),
    /** Ends the thread; what it was reading is given up. */
    stop: supervisor.stop,
  };
};
