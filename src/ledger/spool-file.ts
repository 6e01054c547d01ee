// The files of the spool: lines of a checksum and what it sums. A torn last line never was; a damaged one is said, never passed over.
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const SUM_LENGTH = 8;
const LINE_END = 0x0a;
const NAME = /^(\d{12})\.spool$/;
export const MOST_ENTRY_BYTES = 4 * 2 ** 20;

const sumOf = (text: string): string => crc32(text).toString(16).padStart(SUM_LENGTH, '0');

export const spoolPath = (folder: string, number: number): string =>
  join(folder, `${String(number).padStart(12, '0')}.spool`);

/** Of the files that are there, oldest first. */
export const spoolNumbers = async (folder: string): Promise<number[]> =>
  (await readdir(folder))
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);

export type SpoolFile = {
  readonly number: number;
  bytes(): number;
  /** Resolves when the text survives this process, and with `power` the machine. */
  add(text: string): Promise<void>;
  close(): Promise<void>;
};

type Place = { readonly folder: string; readonly number: number; readonly durability: 'process' | 'power' };

/** @throws the file system's error; after one nobody knows what the disk holds */
export const createSpoolFile = async ({ folder, number, durability }: Place): Promise<SpoolFile> => {
  const file: FileHandle = await open(spoolPath(folder, number), 'ax', 0o600);
  let bytes = 0;
  return {
    number,
    bytes: () => bytes,
    add: async (text) => {
      // JSON has no raw line break, so that a line is an entry.
      const line = Buffer.from(`${sumOf(text)} ${text}\n`);
      if (line.length > MOST_ENTRY_BYTES)
        throw new RangeError(`an entry of ${line.length} bytes is too long for the spool`);
      const { bytesWritten } = await file.write(line);
      // A short write would glue the next line to this one.
      if (bytesWritten !== line.length) throw new Error(`only ${bytesWritten} of ${line.length} bytes were written`);
      bytes += line.length;
      if (durability === 'power') await file.datasync();
    },
    close: () => file.close(),
  };
};

export type Chunk = {
  readonly texts: readonly string[];
  /** Of whole lines. */
  readonly bytes: number;
  /** Lines that are not what was written, as they stand there. */
  readonly damaged: readonly string[];
};

export type ReadFrom = {
  readonly from: number /** Holds the longest entry, and is used again. */;
  readonly buffer: Buffer;
};

/** Whole lines from a place in a file on; none where only a torn one is left. */
export const readSpool = async (path: string, { from, buffer }: ReadFrom): Promise<Chunk> => {
  const file = await open(path, 'r');
  try {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    const bytes = buffer.lastIndexOf(LINE_END, bytesRead - 1) + 1;
    const lines = bytesRead === 0 || bytes === 0 ? [] : buffer.toString('utf8', 0, bytes - 1).split('\n');
    const isWhole = (line: string): boolean => line.slice(0, SUM_LENGTH) === sumOf(line.slice(SUM_LENGTH + 1));
    return {
      bytes: lines.length === 0 ? 0 : bytes,
      texts: lines.filter(isWhole).map((line) => line.slice(SUM_LENGTH + 1)),
      damaged: lines.filter((line) => !isWhole(line)),
    };
  } finally {
    await file.close();
  }
};
