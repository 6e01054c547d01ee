// One call up to its commit point: nothing reaches the caller until there is content, a finish, or a whole answer.
import type { Ask } from '../core/ask.ts';
import type { Frame } from '../core/chat.ts';
import { isContent } from '../core/chat.ts';
import type { Decision, Ranked } from '../core/decision.ts';
import type { FailureKind } from '../core/failure.ts';
import type { DispatchNote } from '../core/outcome.ts';
import type { Clock, Provider, Timeouts } from '../core/ports.ts';
import { type AttemptWatch, watchAttempt } from './attempt.ts';
import { kindOf } from './failure.ts';
import { lowestCap, upperBound } from './reserve.ts';

export type Trial = {
  readonly watch: AttemptWatch;
  readonly frames: AsyncIterator<Frame>;
  /** What came before the commit point. */
  readonly held: readonly Frame[];
  /** The frames have ended. */
  readonly over: boolean;
  /** Closes the upstream socket and its timers. */
  readonly stop: () => void;
};

/** Given to abort, so that no error with its stack is made for every call that ends well. */
const STOPPED = new Error('the call is over');

export type TrialDeps = {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  /** Resolves when the note is on disk. */
  readonly journal: (note: DispatchNote) => Promise<void>;
};

export type TrialRequest = {
  readonly decision: Decision;
  readonly ask: Ask;
  readonly rung: Ranked;
  readonly attempt: number;
  readonly leftMs: number;
};

const holdUntilCommit = async (frames: AsyncIterator<Frame>, watch: AttemptWatch, whole: boolean) => {
  const held: Frame[] = [];
  for (;;) {
    const step = await frames.next();
    if (step.done) return { held, over: true };
    watch.see(step.value);
    held.push(step.value);
    if (watch.cause) return { held, over: true };
    if (!whole && (watch.finish !== undefined || step.value.events.some(isContent))) return { held, over: false };
  }
};

/** Calls the rung's offer. Rejects only when the ledger could not take the note; then nothing may be answered. */
export const tryRung = async (
  deps: TrialDeps,
  { decision, ask, rung, attempt, leftMs }: TrialRequest,
): Promise<Trial> => {
  const { clock, provider, timeouts } = deps;
  const { offer } = rung.quote;
  const cap = lowestCap(ask.request.maxOutputTokens, decision.plan.limits.outputTokens, offer.maxOutput);
  const at = clock.now();
  const began = clock.elapsed();
  const note = {
    requestId: ask.requestId,
    attempt,
    at,
    offer: offer.key,
    reserved: upperBound(rung.quote, { at, cap }),
  };

  const controller = new AbortController();
  const leave = () => controller.abort(STOPPED);
  ask.signal.addEventListener('abort', leave, { once: true });
  void clock.sleep(leftMs, controller.signal).then(leave);

  const watch = watchAttempt({ rung, ...note, since: () => clock.elapsed() - began });
  const call = {
    offer,
    request: ask.request,
    timeouts,
    signal: controller.signal,
    ...(cap === undefined ? {} : { maxOutputTokens: cap }),
  };
  const frames = provider.call(call)[Symbol.asyncIterator]();
  const stop = () => {
    ask.signal.removeEventListener('abort', leave);
    controller.abort(STOPPED);
    // A generator that is not told so waits for its next reader for ever, its timers with it.
    void frames.return?.();
  };
  const whole = !ask.request.stream || decision.plan.fallback.stream === 'buffer';
  try {
    // The write and the call run side by side; the answer waits for both.
    const [held] = await Promise.all([holdUntilCommit(frames, watch, whole), deps.journal(note)]);
    return { watch, frames, stop, ...held };
  } catch (fault) {
    stop();
    throw fault;
  }
};

/** Why a trial cannot be committed; undefined when it can. */
export const faultOf = (
  { watch, over }: Trial,
  { ask, decision }: Pick<TrialRequest, 'ask' | 'decision'>,
): FailureKind | undefined => {
  if (ask.signal.aborted) return 'cancelled';
  if (watch.cause) {
    const kind = kindOf(watch.cause);
    // We closed it and the client is still there: the deadline did.
    return kind === 'cancelled' ? 'timeout' : kind;
  }
  if (over && watch.finish === undefined) return 'malformed';
  const refused = watch.finish === 'content_filter' && watch.firstTokenMs === undefined;
  return refused && decision.plan.fallback.onRefusal === 'next' ? 'refused' : undefined;
};
