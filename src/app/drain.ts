// How the router stops: not ready, still serving until it is noticed, then what is under way, then its costs, then the files.
import type { Clock } from '../core/ports.ts';

type Drain = {
  /** Still serving, but no longer to be sent anything new. */
  readonly noticeMs?: number;
  /** For what is being answered to end by itself; what has not is ended. */
  readonly graceMs?: number;
};

type DrainDeps = {
  readonly clock: Clock;
  /** Takes no new requests; resolves when all under way are answered. */
  readonly closeServer: () => Promise<void>;
  /** Ends what is still being answered: streams get their error frame. */
  readonly endAnswers: () => void;
  /** What runs beside the requests; resolves when it has stopped. */
  readonly stopWork: () => Promise<unknown>;
  /** Costs are settled and written, then everything is closed. */
  readonly settle: () => Promise<unknown>;
};

const HURRIED = new Error('no more time');

export const createDrain = ({ clock, closeServer, endAnswers, stopWork, settle }: DrainDeps) => {
  const hurry = new AbortController();
  let draining = false;
  const close = async ({ noticeMs = 0, graceMs = 0 }: Drain = {}): Promise<void> => {
    draining = true;
    if (noticeMs > 0) await clock.sleep(noticeMs, hurry.signal);
    const stopped = stopWork();
    const answered = new AbortController();
    hurry.signal.addEventListener('abort', () => answered.abort(HURRIED), { once: true });
    if (hurry.signal.aborted) answered.abort(HURRIED);
    const closed = closeServer().then(() => answered.abort(HURRIED));
    await clock.sleep(graceMs, answered.signal);
    endAnswers();
    await Promise.all([stopped, closed]);
    await settle();
  };
  return {
    /** For load balancers. @param reasons why it would not be ready anyway */
    ready: (reasons: readonly string[]) => {
      const all = draining ? [...reasons, 'this server is stopping'] : reasons;
      return { ready: all.length === 0, reasons: all };
    },
    /** Cuts the two waits short; costs are settled and written all the same. */
    hurry: (): void => hurry.abort(HURRIED),
    close,
  };
};
