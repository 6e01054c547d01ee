// The last good reading of every feed, and the doubt about one that differs too much to be believed at once.
import { freezeReason } from './freeze.ts';
import type { NamedReading } from './listings.ts';
import { CONFIRM_AFTER_MS } from './quarantine.ts';

/** A reading that was not believed as a whole; the last good one of that feed stays. */
export type Frozen = { readonly feed: string; readonly reason: string };

type Doubt = { readonly reading: NamedReading; readonly since: number };

export const createReadings = () => {
  const good = new Map<string, NamedReading>();
  const doubted = new Map<string, Doubt>();

  /** The same contents half a day later are a new price list, not a slip; each row still has to pass the quarantine. */
  const persists = (doubt: Doubt | undefined, next: NamedReading): doubt is Doubt =>
    doubt !== undefined && next.rows.length > 0 && freezeReason(doubt.reading.rows, next.rows) === undefined;

  return {
    /** Keeps the reading, or says why it is frozen. */
    takeIn(reading: NamedReading, at: number): Frozen | undefined {
      const reason = freezeReason(good.get(reading.name)?.rows ?? [], reading.rows);
      if (reason) {
        const doubt = doubted.get(reading.name);
        const standing = persists(doubt, reading);
        if (!standing) doubted.set(reading.name, { reading, since: at });
        if (!standing || at - doubt.since < CONFIRM_AFTER_MS) return { feed: reading.name, reason };
      }
      doubted.delete(reading.name);
      good.set(reading.name, reading);
      return undefined;
    },
    get: (feed: string): NamedReading | undefined => good.get(feed),
    all: (): readonly NamedReading[] => [...good.values()],
  };
};
