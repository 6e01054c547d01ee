// Replicas that died holding slices of limits: noticed by one of the living, who has the shared counters counted anew.
import type { Clock } from '../core/ports.ts';
import type { SharedLedger } from '../ledger/recover.ts';
import type { SharedStore } from '../store/share.ts';

export type DeadReplicasDeps = {
  readonly shared: Pick<SharedStore, 'lease' | 'members' | 'recount'>;
  readonly ledger: Pick<SharedLedger, 'isGone'>;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** This one, as the shared store knows it: begins with its number in the ledger. */
  readonly replica: string;
};

const LOOK_EVERY_MS = 10_000;
/** Longer than a look apart: who looks goes on looking. */
const LEASE_MS = 25_000;

const writerOf = (replica: string): string => replica.slice(0, replica.indexOf('/'));

/** Looks for as long as the process lives. Gone is who was found gone twice in a row: a connection may break and be made again. */
export const watchDeadReplicas = ({ shared, ledger, clock, say, replica }: DeadReplicasDeps) => {
  const stopped = new AbortController();
  let suspected: ReadonlySet<string> = new Set();

  const look = async (): Promise<void> => {
    if (!(await shared.lease('recount', replica, LEASE_MS))) return;
    const gone: string[] = [];
    for (const member of await shared.members())
      if (member !== replica && (await ledger.isGone(writerOf(member)))) gone.push(member);
    const certain = gone.filter((member) => suspected.has(member));
    suspected = new Set(gone);
    if (certain.length === 0) return;
    await shared.recount(certain);
    say(`replicas that are gone: ${certain.length}; what they held of limits is free again`);
  };

  const looking = (async () => {
    while (!stopped.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, stopped.signal);
      // Whatever is away is said elsewhere; the next look is soon.
      if (!stopped.signal.aborted) await look().catch(() => undefined);
    }
  })();
  return {
    close: async (): Promise<void> => {
      stopped.abort();
      await looking;
    },
  };
};
