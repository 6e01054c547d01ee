// Rows of calls that are about to leave, where a killed process does not take them along: two small files beside the ledger.
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { mergeRows, noRows, type Rows } from './rows.ts';

/** A file this long is no longer added to while the other one is free. */
const SEGMENT_BYTES = 1024 * 1024;
/** Hashes remembered before all are forgotten: writing a document again is harmless. */
const MAX_KNOWN = 10_000;

export type Intents = {
  /**
   * Returns once the rows are with the operating system: in the order of ten microseconds, since no disk is waited for. Call what is
   * returned when the ledger has them.
   * @throws the file system's error
   */
  keep(rows: Rows): () => void;
  close(): void;
};

type Segment = { readonly file: number; bytes: number; kept: number };

const pathsOf = (ledger: string): readonly [string, string] => [`${ledger}.calls-a`, `${ledger}.calls-b`];

const isRows = (value: unknown): value is Rows =>
  typeof value === 'object' && value !== null && Object.values(value).every(Array.isArray);

const rowsIn = (line: string): Rows | undefined => {
  try {
    const rows: unknown = JSON.parse(line);
    return isRows(rows) ? { ...noRows(), ...rows } : undefined;
  } catch {
    // The last line of a process that died while it wrote: its call never left.
    return undefined;
  }
};

const linesOf = (path: string): readonly string[] => {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
};

/** What an earlier process has left; most of it the ledger has as well. */
export const leftIntents = (ledger: string): Rows =>
  mergeRows(
    pathsOf(ledger).flatMap((path) =>
      linesOf(path)
        .filter((line) => line !== '')
        .map(rowsIn)
        .filter((rows) => rows !== undefined),
    ),
  );

/** Begins anew: what was left must be in the ledger by now. */
export const openIntents = (ledger: string): Intents => {
  const open = (path: string): Segment => ({ file: openSync(path, 'a', 0o600), bytes: 0, kept: 0 });
  const [first, second] = pathsOf(ledger);
  let active = open(first);
  let other = open(second);
  const empty = (segment: Segment): void => {
    if (segment.kept > 0) return;
    ftruncateSync(segment.file, 0);
    segment.bytes = 0;
  };
  empty(active);
  empty(other);

  const write = (line: Buffer): Segment => {
    if (active.bytes > SEGMENT_BYTES && other.kept === 0) {
      empty(other);
      [active, other] = [other, active];
    }
    try {
      const written = writeSync(active.file, line);
      // A disk that is nearly full takes a part and says so without an error.
      if (written !== line.length) throw new Error(`only ${written} of ${line.length} bytes were written`);
    } catch (fault) {
      // What follows must not be glued to a line that was begun.
      ftruncateSync(active.file, active.bytes);
      throw fault;
    }
    active.bytes += line.length;
    active.kept += 1;
    return active;
  };

  /** Documents the ledger has: they need not be written again. */
  const known = new Set<string>();

  return {
    keep: (rows) => {
      const fresh = rows.documents.filter(({ hash }) => !known.has(hash));
      const segment = write(Buffer.from(`${JSON.stringify({ ...rows, documents: fresh })}\n`));
      return () => {
        segment.kept -= 1;
        if (known.size + fresh.length > MAX_KNOWN) known.clear();
        for (const { hash } of fresh) known.add(hash);
      };
    },
    close: () => {
      for (const segment of [active, other]) {
        empty(segment);
        closeSync(segment.file);
      }
    },
  };
};
