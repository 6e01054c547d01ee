// When Redis is not even asked: too much is waiting for it, or it has just failed. Slow is worse than down.
import { RouterError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';

type GateDeps = {
  readonly clock: Clock;
  readonly isTimeout: (cause: unknown) => boolean;
  /** Somebody else finds out whether it answers again and calls `reopen`: no caller is made to wait for that. */
  readonly watched?: boolean;
};

export type Gate = {
  /** @throws RouterError overloaded, at once or when the command fails; never anything else */
  pass<T>(command: () => Promise<T>): Promise<T>;
  /** It answers again: no need to wait for the end of the pause. */
  reopen(): void;
  /** Somebody who does not pass here has seen it fail. */
  failed(cause: unknown): void;
  isShut(): boolean;
};

/** Commands on their way; the next one is refused. */
const MAX_PENDING = 1_000;
/** A command that timed out cost the caller its whole wait, so it weighs more than one that failed at once. */
const TIMEOUT_STRIKES = 3;
const MAX_STRIKES = 5;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

type State = { readonly kind: 'open' } | { readonly kind: 'shut'; readonly until: number; readonly pauseMs: number };

export const createGate = ({ clock, isTimeout, watched = false }: GateDeps): Gate => {
  let state: State = { kind: 'open' };
  let strikes = 0;
  let pending = 0;
  let probing = false;

  const refusal = (why: string, cause?: unknown): RouterError =>
    new RouterError('overloaded', `The shared store ${why}; try again in a moment.`, {
      cause,
      retryAfterMs: FIRST_PAUSE_MS,
    });

  const succeed = (): void => {
    state = { kind: 'open' };
    strikes = 0;
  };

  const fail = (cause: unknown): void => {
    strikes += isTimeout(cause) ? TIMEOUT_STRIKES : 1;
    if (state.kind === 'open' && strikes < MAX_STRIKES) return;
    const pauseMs = state.kind === 'open' ? FIRST_PAUSE_MS : Math.min(state.pauseMs * 2, LONGEST_PAUSE_MS);
    state = { kind: 'shut', until: clock.elapsed() + pauseMs, pauseMs };
  };

  const pass = async <T>(command: () => Promise<T>): Promise<T> => {
    if (pending >= MAX_PENDING) throw refusal('has too much to do');
    const probe = state.kind === 'shut';
    if (state.kind === 'shut' && (watched || probing || clock.elapsed() < state.until))
      throw refusal('does not answer');
    // After a pause one command goes ahead and finds out for all.
    if (probe) probing = true;
    pending += 1;
    try {
      const answer = await command();
      succeed();
      return answer;
    } catch (cause) {
      fail(cause);
      throw refusal('does not answer', cause);
    } finally {
      pending -= 1;
      if (probe) probing = false;
    }
  };

  return { pass, reopen: succeed, failed: fail, isShut: () => state.kind === 'shut' };
};
