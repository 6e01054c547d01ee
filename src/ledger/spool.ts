// Between a request and a database that may be away: what is recorded goes to a local file first and is delivered from there, in order.
import { mkdir, stat, unlink } from 'node:fs/promises';
import { createDelivery, type DeliveryDeps } from './spool-delivery.ts';
import { createSpoolFile, MOST_ENTRY_BYTES, readSpool, type SpoolFile, spoolNumbers, spoolPath } from './spool-file.ts';

export type SpoolDeps = DeliveryDeps & { readonly durability: 'process' | 'power' };

export type SpoolState = {
  /** Bytes kept and not delivered yet. */
  readonly waiting: number;
  /** The last delivery failed. */
  readonly away: boolean;
};

export type Spool = {
  /** One at a time. @throws where the disk does not take it */
  keep(text: string): Promise<void>;
  /** True when all that was kept before the call is delivered; false when that takes longer. */
  delivered(withinMs: number): Promise<boolean>;
  readonly state: SpoolState;
  close(): Promise<void>;
};

/** A file that is full is followed by the next, and removed when all of it is delivered. */
const FULL_BYTES = 8 * 2 ** 20;
/** Files that may wait: 2 GiB, days of an outage. Then nothing more is accepted. */
const MOST_FILES = 256;
const MOST_IN_DELIVERY = 50;

type Part = {
  readonly number: number;
  /** Bytes written so far; of a file left by an earlier process, all there are. */
  readonly bytes: () => number;
  readonly left: boolean;
};

const leftParts = async (folder: string): Promise<Part[]> =>
  Promise.all(
    (await spoolNumbers(folder)).map(async (number) => {
      const { size } = await stat(spoolPath(folder, number));
      return { number, bytes: () => size, left: true };
    }),
  );

/** The end that is written to. */
const createWriter = ({ folder, durability, clock }: SpoolDeps, parts: Part[]) => {
  let current: SpoolFile | undefined;
  const fileToWrite = async (): Promise<SpoolFile> => {
    if (current && current.bytes() < FULL_BYTES) return current;
    if (parts.length >= MOST_FILES) throw new Error(`${MOST_FILES} files of records wait for the database`);
    const number = Math.max(parts.at(-1)?.number ?? 0, Math.floor(clock.now() / 1000)) + 1;
    const next = await createSpoolFile({ folder, number, durability });
    await current?.close();
    current = next;
    parts.push({ number, bytes: next.bytes, left: false });
    return next;
  };
  return {
    /** @returns the bytes it took */
    add: async (text: string): Promise<number> => {
      const file = await fileToWrite();
      const before = file.bytes();
      await file.add(text);
      return file.bytes() - before;
    },
    isCurrent: (part: Part): boolean => part.number === current?.number,
    close: async () => current?.close(),
  };
};

type Reading = {
  readonly deps: SpoolDeps;
  readonly parts: Part[];
  readonly stopped: AbortSignal;
  /** Nothing more will be written to it. */
  readonly isDone: (part: Part) => boolean;
  readonly advance: (bytes: number) => void;
};

/** The end that is delivered from: the oldest file as far as it goes, and away with it when it is done. */
const createReader = ({ deps, parts, stopped, isDone, advance }: Reading) => {
  const { folder } = deps;
  const delivery = createDelivery(deps, stopped);
  const buffer = Buffer.alloc(MOST_ENTRY_BYTES);
  let wake: () => void = () => undefined;
  stopped.addEventListener('abort', () => wake());

  /** @returns how far it came; 0 at the end, or when it was stopped */
  const deliverFrom = async (part: Part, from: number): Promise<number> => {
    const { texts, bytes, damaged } = await readSpool(spoolPath(folder, part.number), { from, buffer });
    if (damaged.length > 0) await delivery.setAside(damaged, `${damaged.length} lines of the spool are damaged`);
    for (let at = 0; at < texts.length; at += MOST_IN_DELIVERY)
      if (!(await delivery.send(texts.slice(at, at + MOST_IN_DELIVERY)))) return 0;
    advance(bytes);
    return bytes;
  };

  const run = async (): Promise<void> => {
    let from = 0;
    while (!stopped.aborted) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const [oldest] = parts;
      const done = oldest !== undefined && isDone(oldest);
      const bytes = oldest === undefined ? 0 : await deliverFrom(oldest, from);
      from += bytes;
      if (bytes > 0 || stopped.aborted) continue;
      if (!oldest || !done) await woken;
      else {
        // A torn line at the end of what an earlier process left is no entry: nobody was told that it is kept.
        advance(oldest.bytes() - from);
        await unlink(spoolPath(folder, oldest.number));
        parts.shift();
        from = 0;
      }
    }
  };
  const running = run().catch((fault: unknown) => deps.say(`the spool cannot be read: ${String(fault)}`));
  return { wake: () => wake(), isAway: delivery.isAway, ended: running };
};

/** What was left by an earlier process comes first. @throws where the folder cannot be used */
export const openSpool = async (deps: SpoolDeps): Promise<Spool> => {
  const { folder, clock } = deps;
  await mkdir(folder, { recursive: true });
  const parts = await leftParts(folder);
  let kept = parts.reduce((sum, { bytes }) => sum + bytes(), 0);
  let delivered = 0;
  const stopped = new AbortController();
  const listeners = new Set<() => void>();
  const writer = createWriter(deps, parts);
  const advance = (bytes: number): void => {
    delivered += bytes;
    for (const hear of listeners) hear();
  };
  const isDone = (part: Part): boolean => part.left || !writer.isCurrent(part);
  const reader = createReader({ deps, parts, stopped: stopped.signal, isDone, advance });

  return {
    keep: async (text) => {
      kept += await writer.add(text);
      reader.wake();
    },
    delivered: (withinMs) => {
      const mark = kept;
      if (delivered >= mark) return Promise.resolve(true);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const hear = (): void => void (delivered >= mark && resolve(true));
      listeners.add(hear);
      const over = new AbortController();
      void clock.sleep(withinMs, over.signal).then(() => resolve(false));
      return promise.finally(() => {
        listeners.delete(hear);
        over.abort();
      });
    },
    get state(): SpoolState {
      return { waiting: kept - delivered, away: reader.isAway() };
    },
    close: async () => {
      stopped.abort();
      await reader.ended;
      await writer.close();
      if (delivered >= kept) await Promise.all(parts.map(({ number }) => unlink(spoolPath(folder, number))));
    },
  };
};
