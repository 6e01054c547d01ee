// The lines of a text file that may be gzipped, one at a time, with a bound on each and on how many there are.
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { ReplayFault } from './fault.ts';

/** Characters of one line. */
export const LONGEST_LINE = 4_000_000;
export const MOST_LINES = 500_000;
const GZIP = [0x1f, 0x8b] as const;

export type Line = { readonly number: number; readonly text: string };

const isGzip = async (path: string): Promise<boolean> => {
  // Asked before it is opened: that waits for whoever writes to a pipe.
  if ((await stat(path)).isFIFO())
    throw new ReplayFault(path, undefined, 'is a pipe, and the file is read more than once; save it and name that');
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === GZIP[0] && buffer[1] === GZIP[1];
  } finally {
    await file.close();
  }
};

const codeOf = (fault: unknown): string =>
  fault instanceof Error && 'code' in fault && typeof fault.code === 'string' ? fault.code : 'unknown';

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the path',
  EISDIR: 'this is a folder; name a file in it',
  EACCES: 'this file may not be read; check its permissions',
};

const unreadable = (path: string, fault: unknown): ReplayFault => {
  if (fault instanceof ReplayFault) return fault;
  const code = codeOf(fault);
  return new ReplayFault(path, undefined, WHY[code] ?? `cannot be read (${code}); is a gzip file cut short?`);
};

/** Pieces of text without a byte order mark; the last may be unfinished. */
async function* pieces(path: string, gzipped: boolean): AsyncGenerator<string> {
  const file = createReadStream(path);
  const gunzip = gzipped ? createGunzip() : undefined;
  file.on('error', (fault) => gunzip?.destroy(fault));
  const decoder = new TextDecoder();
  try {
    for await (const chunk of gunzip ? file.pipe(gunzip) : file)
      yield decoder.decode(chunk as Buffer, { stream: true });
    yield decoder.decode();
  } finally {
    gunzip?.destroy();
    file.destroy();
  }
}

/** Blank lines are passed over. @throws ReplayFault with the line where a bound is broken */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  let rest = '';
  let number = 0;
  try {
    for await (const piece of pieces(path, await isGzip(path))) {
      const parts = (rest + piece).split('\n');
      rest = parts.pop() ?? '';
      for (const text of parts) {
        number += 1;
        if (text.trim() !== '') yield { number, text };
      }
      if (number > MOST_LINES)
        throw new ReplayFault(path, number, `more than ${MOST_LINES} lines; split the file or replay a sample of it`);
      if (rest.length > LONGEST_LINE)
        throw new ReplayFault(
          path,
          number + 1,
          `a line longer than ${LONGEST_LINE} characters; shorten the prompt or leave the row out`,
        );
    }
  } catch (fault) {
    throw unreadable(path, fault);
  }
  if (rest.trim() !== '') yield { number: number + 1, text: rest };
}
