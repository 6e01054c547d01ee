// The last good reading of every feed on disk, byte for byte under its hash: written whole or not at all, bounded, and distrusted when read.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MOST_FEED_BYTES } from './http.ts';
import type { KeptCopy, Shelf } from './kept.ts';

/** All feeds together; today's public ones take 7 MB. */
const MOST_SHELF_BYTES = 128 * 1024 * 1024;
const MOST_HEAD_BYTES = 4096;
const SUFFIX = '.feed';
const PART = '.part';
const OURS = /\.(?:feed|part)$/;
const LINE_FEED = 0x0a;

/** The first line of a file; the raw answer follows. */
const Head = z.object({
  version: z.literal(1),
  url: z.string(),
  observedAt: z.number().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative().max(MOST_FEED_BYTES),
  conditions: z.partialRecord(z.enum(['if-none-match', 'if-modified-since']), z.string().max(1000)).catch({}),
});

const fileName = (feed: string): string => `${encodeURIComponent(feed)}${SUFFIX}`;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const isMissing = (fault: unknown): boolean => fault instanceof Error && 'code' in fault && fault.code === 'ENOENT';

const damaged = (why: string): Error => new Error(`the kept copy is damaged (${why}) and is ignored`);

const copyOf = (file: Buffer): KeptCopy => {
  const end = file.subarray(0, MOST_HEAD_BYTES).indexOf(LINE_FEED);
  if (end < 0) throw damaged('no first line');
  let head: z.output<typeof Head>;
  try {
    head = Head.parse(JSON.parse(file.subarray(0, end).toString('utf8')));
  } catch {
    throw damaged('its first line cannot be read');
  }
  const body = file.subarray(end + 1);
  if (body.byteLength !== head.bytes) throw damaged(`${body.byteLength} of ${head.bytes} bytes`);
  if (sha256(body) !== head.sha256) throw damaged('its hash differs');
  const conditions = Object.fromEntries(Object.entries(head.conditions).map(([name, value]) => [name, value ?? '']));
  return { url: head.url, observedAt: head.observedAt, text: body.toString('utf8'), conditions };
};

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
};

export type ShelfDeps = {
  /** Made when it is needed. */
  readonly folder: string;
  /** Those that are read: what others have left behind is removed. */
  readonly feeds: () => readonly string[];
  /** What all feeds may take together. */
  readonly mostBytes?: number;
};

/** Removes what feeds that are no longer read, and writes that were interrupted, have left behind. */
const tidy = async ({ folder, feeds }: ShelfDeps): Promise<void> => {
  const wanted = new Set(feeds().map(fileName));
  const left = (await readdir(folder)).filter((name) => OURS.test(name) && !wanted.has(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
};

export const createShelf = (deps: ShelfDeps): Shelf => {
  const { folder, mostBytes = MOST_SHELF_BYTES } = deps;
  let tidied: Promise<void> | undefined;
  /** Once, before the first use; a folder that is not there yet is tidy. */
  const ready = (): Promise<void> => (tidied ??= tidy(deps).catch(() => undefined));

  const taken = async (except: string): Promise<number> => {
    const names = (await readdir(folder)).filter((name) => name !== except && OURS.test(name));
    return (await Promise.all(names.map((name) => sizeOf(join(folder, name))))).reduce((sum, size) => sum + size, 0);
  };

  return {
    load: async (feed) => {
      await ready();
      const path = join(folder, fileName(feed));
      if ((await sizeOf(path)) > MOST_FEED_BYTES + MOST_HEAD_BYTES) throw damaged('too large');
      try {
        return copyOf(await readFile(path));
      } catch (fault) {
        if (isMissing(fault)) return undefined;
        throw fault;
      }
    },
    save: async (feed, { url, observedAt, text, conditions }) => {
      await ready();
      const body = Buffer.from(text, 'utf8');
      const head = JSON.stringify({
        version: 1,
        url,
        observedAt,
        sha256: sha256(body),
        bytes: body.byteLength,
        conditions,
      });
      const name = fileName(feed);
      await mkdir(folder, { recursive: true });
      if ((await taken(name)) + head.length + body.byteLength > mostBytes)
        throw new Error(`kept copies would take more than ${mostBytes} bytes; this one is not kept`);
      const part = join(folder, `${name}${PART}`);
      await writeFile(part, Buffer.concat([Buffer.from(`${head}\n`, 'utf8'), body]));
      await rename(part, join(folder, name));
    },
  };
};
