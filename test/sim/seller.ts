// A simulated seller: the provider port, played by acts on simulated time. It keeps its own log of calls and its own bill.
import type { Frame } from '../../src/core/chat.ts';
import type { FailureCause } from '../../src/core/failure.ts';
import type { Call, Provider, Rng } from '../../src/core/ports.ts';
import { type Act, actIn } from './acts.ts';
import type { Evidence, SellerCall } from './evidence.ts';
import type { Regime, SellerPlan } from './kinds.ts';
import { CHARACTERS_PER_TOKEN, failure, scriptOf } from './script.ts';

/** Nobody is left alone for longer, whatever they ask for. */
const LONGEST_COOL_MS = 900_000;
/** After a limit of which nothing else is said. */
const LIMIT_COOL_MS = 2_000;

const timedOut = (phase: FailureCause['phase']): FailureCause => ({ sort: 'timeout', phase, message: '' });
const LEFT: FailureCause = { sort: 'aborted', phase: 'stream', message: '' };

/** What the seller counts of a prompt: near to what the router estimates, and never the same. */
export const promptTokens = (n: number): number => 8 + (n % 13);

export const regimeAt = ({ regimes }: SellerPlan, atMs: number): Regime =>
  regimes.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)?.regime ?? 'fine';

export type SellerDeps = {
  readonly plan: SellerPlan;
  readonly evidence: Evidence;
  readonly rng: Rng;
};

/** What is charged for a call, by the seller's own rule. */
const charge = (call: SellerCall, act: Act, { billing }: SellerPlan): SellerCall['billed'] => {
  const input = promptTokens(call.n);
  const written = Math.ceil(call.characters / CHARACTERS_PER_TOKEN);
  if (call.end === 'whole') return { input, output: written };
  const whole = Math.min(act.tokens, call.cap ?? Infinity);
  // Closed by the router, be it for its client or out of patience.
  if (call.end === 'left' || call.cause?.sort === 'timeout')
    return { input, output: billing.onCancel === 'continues' ? whole : written };
  if (!act.isSent) return { input: 0, output: 0 };
  if (written > 0) return { input, output: written };
  return billing.onError === 'prompt' ? { input, output: 0 } : { input: 0, output: 0 };
};

export const createSeller = ({ plan, evidence, rng }: SellerDeps): Provider => {
  const { clock } = evidence;

  const opened = ({ offer, request, maxOutputTokens }: Call, act: Act): SellerCall => {
    const n = request.seed ?? -1;
    const entry = evidence.cases[n];
    const call: SellerCall = {
      n,
      offer: offer.key,
      atMs: clock.elapsed(),
      cap: maxOutputTokens,
      act: act.name,
      blame: 'none',
      characters: 0,
      billed: { input: 0, output: 0 },
      sure: act.sure,
    };
    entry?.calls.push(call);
    evidence.trace('call', n, offer.key.charCodeAt(0), act.tokens);
    return call;
  };

  /** What speaks against the offer, unless the client had gone: then nobody can tell. */
  const blame = ({ n, offer, act, end, blame, cause }: SellerCall): void => {
    if (end === 'whole' || evidence.cases[n]?.goneMs !== undefined) return;
    const blamed = evidence.blamed(offer);
    if (end === 'left') blamed.closed += 1;
    if (blame === 'failure') blamed.failures += 1;
    const usual = act === 'locked' ? LONGEST_COOL_MS : blame === 'cool' ? LIMIT_COOL_MS : 0;
    const asked = Math.max(usual, Math.min(LONGEST_COOL_MS, cause?.retryAfterMs ?? 0));
    if (blame === 'none' || asked === 0) return;
    blamed.cooledMs = clock.elapsed();
    blamed.untilMs = Math.max(blamed.untilMs, clock.elapsed() + asked);
  };

  const end = (call: SellerCall, act: Act, how: NonNullable<SellerCall['end']>, cause?: FailureCause): void => {
    if (call.end) return;
    call.end = how;
    call.endMs = clock.elapsed();
    if (cause) call.cause = cause;
    if (how === 'failed') call.blame = cause?.sort === 'timeout' ? 'failure' : act.blame;
    call.billed = charge(call, act, plan);
    blame(call);
    evidence.trace('end', call.n, call.billed.output, how.length);
  };

  /** An endless wait ends with the router's patience; a client that leaves ends it before. */
  const play = async function* (asked: Call, act: Act, call: SellerCall): AsyncGenerator<Frame> {
    const { request, signal, timeouts, maxOutputTokens: cap = Infinity } = asked;
    const steps = scriptOf(act, { stream: request.stream, cap, timeouts, input: promptTokens(call.n) });
    for (const { afterMs, mostMs, frame, characters, ends } of steps) {
      if (afterMs > 0) await clock.sleep(Math.min(afterMs, mostMs), signal);
      if (signal.aborted) {
        yield failure(LEFT);
        return;
      }
      if (afterMs > mostMs) {
        const cause = timedOut(call.contentMs === undefined ? 'headers' : 'stream');
        end(call, act, 'failed', cause);
        yield failure(cause);
        return;
      }
      if (characters > 0) {
        call.characters += characters;
        call.contentMs ??= clock.elapsed();
      }
      if (ends) end(call, act, ends, act.cause);
      yield frame;
    }
  };

  return {
    name: plan.name,
    billing: plan.billing,
    close: () => Promise.resolve(),
    async *call(asked) {
      const { request, signal } = asked;
      if (signal.aborted) {
        const entry = evidence.cases[request.seed ?? -1];
        if (entry) entry.unsent += 1;
        yield failure({ ...LEFT, phase: 'connect' });
        return;
      }
      const act = actIn(regimeAt(plan, clock.elapsed()), rng);
      const call = opened(asked, act);
      const leave = (): void => end(call, act, 'left');
      signal.addEventListener('abort', leave, { once: true });
      try {
        yield* play(asked, act, call);
      } finally {
        signal.removeEventListener('abort', leave);
        leave();
      }
    },
  };
};
