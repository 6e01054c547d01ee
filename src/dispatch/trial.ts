// One call up to its commit point: nothing reaches the caller until there is content, a finish, or a whole answer.
import type { Ask } from '../core/ask.ts';
import type { ChatRequest, Frame } from '../core/chat.ts';
import { isContent } from '../core/chat.ts';
import type { Decision, Ranked } from '../core/decision.ts';
import type { FailureKind } from '../core/failure.ts';
import type { Attempt, DispatchNote } from '../core/outcome.ts';
import type { Clock, Provider } from '../core/ports.ts';
import { type AttemptWatch, watchAttempt } from './attempt.ts';
import { createEvidence } from './evidence.ts';
import { kindOf } from './failure.ts';
import { type Patience, timeoutsFor } from './patience.ts';
import { upperBound } from './reserve.ts';

export type Trial = {
  readonly watch: AttemptWatch;
  readonly frames: AsyncIterator<Frame>;
  /** What came before the commit point and has not been given on yet: whoever gives a frame on takes it out, or it would live as long as the stream. */
  readonly held: Frame[];
  /** The frames have ended. */
  readonly over: boolean;
  /** Closes the upstream socket and its timers. */
  readonly stop: () => void;
};

/** A call under way. `ready` rejects only when the ledger could not take the note; then nothing may be answered. */
export type Started = {
  readonly rung: Ranked;
  readonly ready: Promise<Trial>;
  readonly abandon: () => void;
  /** Where nobody waits for it any longer: what it counts as; undefined where it never left. */
  readonly lost: () => Attempt | undefined;
};

/** Given to abort, so that no error with its stack is made for every call that ends well. */
const STOPPED = new Error('the call is over');

/**
 * How a note is kept. `safe`: wait for it before the call leaves; absent where the note already outlives this process.
 * `written`: wait for it before anything of the answer is given away.
 */
export type Journaled = { readonly safe?: Promise<void>; readonly written: Promise<void> };
export type Journal = (note: DispatchNote) => Journaled;

export type TrialDeps = {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly journal: Journal;
};

export type TrialRequest = {
  readonly decision: Decision;
  readonly ask: Ask;
  readonly rung: Ranked;
  readonly attempt: number;
  readonly leftMs: number;
  /** On the answer, in tokens. */
  readonly cap: number | undefined;
  /** In place of the ask's own, where an answer is continued. */
  readonly request?: ChatRequest;
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

export const startTrial = (deps: TrialDeps, of: TrialRequest): Started => {
  const { clock, provider } = deps;
  const { decision, ask, rung, attempt, cap, leftMs, request = ask.request } = of;
  const { offer } = rung.quote;
  const at = clock.now();
  const began = clock.elapsed();
  const note = {
    requestId: ask.requestId,
    attempt,
    at,
    offer: offer.key,
    reserved: upperBound(rung.quote, { at, cap, profile: decision.profile, continues: of.request !== undefined }),
  };

  const controller = new AbortController();
  const leave = () => controller.abort(STOPPED);
  ask.signal.addEventListener('abort', leave, { once: true });
  // A client that left while room was found for this call is not heard of again.
  if (ask.signal.aborted) leave();
  void clock.sleep(leftMs, controller.signal).then(leave);

  const watch = watchAttempt({
    rung,
    ...note,
    billing: provider.billing,
    since: () => clock.elapsed() - began,
    evidence: createEvidence(request, ask.keepsText ?? false),
  });
  const timeouts = timeoutsFor(rung.quote, deps.patience);
  const capped = cap === undefined ? {} : { maxOutputTokens: cap };
  let frames: AsyncIterator<Frame> | undefined;
  const stop = () => {
    ask.signal.removeEventListener('abort', leave);
    controller.abort(STOPPED);
    // A generator that is not told so waits for its next reader for ever, its timers with it.
    void frames?.return?.();
  };
  const whole = !request.stream || decision.plan.fallback.stream === 'buffer';

  const run = async (): Promise<Trial> => {
    try {
      const { safe, written } = deps.journal(note);
      if (safe) await safe;
      const answer = provider.call({ offer, request, timeouts, signal: controller.signal, ...capped });
      frames = answer[Symbol.asyncIterator]();
      const [held] = await Promise.all([holdUntilCommit(frames, watch, whole), written]);
      return { watch, frames, stop, ...held };
    } catch (fault) {
      stop();
      throw fault;
    }
  };
  return { rung, ready: run(), abandon: leave, lost: () => (frames ? watch.close('cancelled') : undefined) };
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
