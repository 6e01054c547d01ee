// Which folder of the spool is this process's: several may share a disk, and one that comes takes over what one that is gone has left.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RouterError } from '../core/errors.ts';
import { spoolNumbers } from './spool-file.ts';
import { lockFile } from './sqlite-database.ts';

export type Slot = { readonly folder: string; free(): void };

/** Processes that may share one disk. */
const MOST_SLOTS = 64;

const tryLock = (folder: string): Slot | undefined => {
  mkdirSync(folder, { recursive: true });
  try {
    const lock = lockFile(join(folder, 'spool'));
    return { folder, free: () => lock.close() };
  } catch {
    return undefined;
  }
};

/** Prefers a free slot in which something is left. @throws RouterError ledger_unavailable where none is free */
export const takeSlot = async (folder: string): Promise<Slot> => {
  let empty: Slot | undefined;
  for (let number = 0; number < MOST_SLOTS; number++) {
    const isNew = !existsSync(join(folder, String(number)));
    if (isNew && empty) return empty;
    const slot = tryLock(join(folder, String(number)));
    if (!slot) continue;
    if ((await spoolNumbers(slot.folder)).length > 0) {
      empty?.free();
      return slot;
    }
    if (empty) slot.free();
    empty ??= slot;
  }
  if (empty) return empty;
  throw new RouterError('ledger_unavailable', `No slot is free below ${folder}: ${MOST_SLOTS} processes use it.`);
};
