// What a feed remembers of its last good reading: only a reading that was believed counts as seen, and it outlives the process.
import { createHash } from 'node:crypto';
import type { Clock, Feed, FeedReading } from '../../core/ports.ts';
import type { FeedSpec, Parsed } from './parsed.ts';

/** The revision of a payload: the start of its SHA-256, enough to tell any two readings apart. */
export const revisionOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

export type Answered = {
  readonly text: string;
  /** What to send next time, so that only a change is answered. */
  readonly conditions: Readonly<Record<string, string>>;
};

/** A reading as it was received, to be parsed again. */
export type KeptCopy = Answered & {
  readonly url: string;
  /** Epoch ms. */
  readonly observedAt: number;
};

export type Shelf = {
  /** undefined: there is none. Rejects when it is damaged. */
  load(feed: string): Promise<KeptCopy | undefined>;
  /** Rejects when there is no room or no right to write. */
  save(feed: string, copy: KeptCopy): Promise<void>;
};

export type KeptDeps = {
  readonly spec: FeedSpec;
  readonly parse: (text: string) => Parsed;
  readonly clock: Pick<Clock, 'now'>;
  readonly shelf?: Shelf;
};

/** What is not believed is asked for again without conditions, so that a doubted list is seen until it is believed or gone. */
export const createKept = (
  { spec, parse, clock, shelf }: KeptDeps,
  fetch: (signal: AbortSignal, conditions: Readonly<Record<string, string>>) => Promise<Answered | undefined>,
): Feed => {
  let kept: Pick<FeedReading, 'revision'> & Pick<Answered, 'conditions'> = { revision: '', conditions: {} };
  let waiting: (KeptCopy & Pick<FeedReading, 'revision'>) | undefined;

  const readingOf = (text: string, observedAt: number): FeedReading => {
    const { rows, skipped, speeds } = parse(text);
    if (rows.length === 0) throw new Error(`${spec.name} has no usable row`);
    return { revision: revisionOf(text), observedAt, rows, skipped, ...(speeds ? { speeds } : {}) };
  };

  return {
    name: spec.name,
    lineage: spec.lineage,
    precedence: spec.precedence,
    read: async (signal) => {
      waiting = undefined;
      const answered = await fetch(signal, kept.conditions);
      if (!answered || revisionOf(answered.text) === kept.revision) return undefined;
      const reading = readingOf(answered.text, clock.now());
      const { revision, observedAt } = reading;
      waiting = { ...answered, url: spec.url, observedAt, revision };
      return reading;
    },
    restore: async () => {
      const copy = await shelf?.load(spec.name);
      // A copy of another address is another list.
      if (!copy || copy.url !== spec.url) return undefined;
      if (copy.observedAt > clock.now()) throw new Error('the kept copy is from the future');
      const reading = readingOf(copy.text, copy.observedAt);
      kept = { revision: reading.revision, conditions: copy.conditions };
      return reading;
    },
    keep: async () => {
      const copy = waiting;
      if (!copy) return;
      waiting = undefined;
      kept = { revision: copy.revision, conditions: copy.conditions };
      await shelf?.save(spec.name, copy);
    },
  };
};
