// Which life of Redis this is: one that was emptied is recognised by its missing epoch, and nothing is reserved there until it is restored.
import { RouterError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';

export type EpochDeps = {
  readonly clock: Clock;
  /** A name for an epoch nobody else would choose. */
  readonly newName: () => string;
  /** The epoch Redis is in, and whether this call began it. */
  readonly ask: (fresh: string, restoringMs: number) => Promise<{ readonly epoch: string; readonly began: boolean }>;
  /** Restoring is over in so long; 0: at once. */
  readonly endRestoring: (inMs: number) => Promise<void>;
};

/** Whoever began an epoch and then dies holds nobody up for longer. */
const RESTORING_MS = 30_000;
/** The others need so long to notice and to tell what they hold. */
const GRACE_MS = 2_500;

const restoring = (): RouterError =>
  new RouterError('overloaded', 'The shared store was emptied and is being restored; try again in a moment.', {
    retryAfterMs: 1_000,
  });

export const createEpoch = ({ clock, newName, ask, endRestoring }: EpochDeps) => {
  let known: string | undefined;
  let joined = false;
  /** The one this process began, and must see restored. */
  let ours: { readonly epoch: string; readonly since: number; readonly graceMs: number } | undefined;
  let restore: () => Promise<void> = () => Promise.resolve();
  let looking: Promise<void> | undefined;
  /** The one Redis was last seen in; counters carry its name, so that a new one begins with none. */
  let seen = '';
  /** The name under which this process would begin one. Kept until an answer comes: the one that was lost may have begun it. */
  let name: string | undefined;

  const look = async (): Promise<void> => {
    name ??= newName();
    const { epoch, began } = await ask(name, RESTORING_MS);
    seen = epoch;
    const begun = began || epoch === name;
    name = undefined;
    if (begun) ours = { epoch, since: clock.elapsed(), graceMs: joined ? GRACE_MS : 0 };
    const mine = ours?.epoch === epoch ? ours : undefined;
    if (epoch !== known) {
      known = undefined;
      // Who has just come has nothing there yet, and what it finds in a running epoch is right.
      if (joined || mine) await restore();
      if (mine) await endRestoring(Math.max(0, mine.since + mine.graceMs - clock.elapsed()));
    }
    joined = true;
    known = epoch;
  };

  return {
    /** @throws RouterError overloaded while it is not known, or not restored */
    current: (): string => {
      if (known === undefined) throw restoring();
      return known;
    },
    /** The one that is being restored, or was. */
    latest: (): string => seen,
    /** This process has begun it, on purpose. */
    begun: (epoch: string): void => void (ours = { epoch, since: clock.elapsed(), graceMs: GRACE_MS }),
    restoringMs: RESTORING_MS,
    refuse: restoring,
    /** One at a time. @throws what asking or restoring throws; to be called again until it does not */
    look: (): Promise<void> => (looking ??= look().finally(() => (looking = undefined))),
    onEmptied: (work: () => Promise<void>): void => void (restore = work),
  };
};
