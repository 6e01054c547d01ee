// How entries of the spool reach the database: again and again until it takes them; what it will never take is set aside, alone.
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/ports.ts';

export type DeliveryDeps = {
  /** Where what is set aside is kept. */
  readonly folder: string;
  readonly clock: Clock;
  /** Several entries in one go; must bear being told the same twice. */
  readonly deliver: (texts: readonly string[]) => Promise<void>;
  /** The database will never take this, however often it is told. */
  readonly isHopeless: (cause: unknown) => boolean;
  /** What an operator must hear: damage, entries that were set aside. */
  readonly say: (line: string) => void;
};

const RETRY_MS = 250;

export const createDelivery = ({ folder, clock, deliver, isHopeless, say }: DeliveryDeps, stopped: AbortSignal) => {
  let away = false;

  const setAside = async (texts: readonly string[], why: string): Promise<void> => {
    const path = join(folder, 'refused');
    await appendFile(path, texts.map((text) => `${text}\n`).join(''), { mode: 0o600 });
    say(`${why}; kept in ${path}`);
  };

  /** @returns false when it was stopped first */
  const send = async (texts: readonly string[]): Promise<boolean> => {
    while (!stopped.aborted) {
      try {
        await deliver(texts);
        away = false;
        return true;
      } catch (cause) {
        if (!isHopeless(cause)) {
          away = true;
          await clock.sleep(RETRY_MS, stopped);
        } else if (texts.length === 1) {
          await setAside(texts, `the ledger database refused an entry for good: ${String(cause)}`);
          return true;
        } else return await sendEach(texts);
      }
    }
    return false;
  };
  const sendEach = async (texts: readonly string[]): Promise<boolean> => {
    for (const text of texts) if (!(await send([text]))) return false;
    return true;
  };
  return { send, setAside, isAway: () => away };
};
