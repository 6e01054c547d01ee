// What the market learns of an offer's speed from calls that were made: requests and probes alike.
import type { Decision } from '../core/decision.ts';
import type { Attempt, Outcome } from '../core/outcome.ts';
import { outputTokensOf } from '../core/price.ts';
import type { OpenMarket } from './market.ts';

/** Failures that speak of whether an offer is up; a rate limit is ours, a fault of the caller is theirs. */
const DOWN: ReadonlySet<Attempt['result']> = new Set(['transient', 'overloaded', 'malformed', 'interrupted']);

export const measure = (
  { latency, uptime }: Pick<OpenMarket, 'latency' | 'uptime'>,
  { profile }: Pick<Decision, 'profile'>,
  { attempts }: Pick<Outcome, 'attempts'>,
): void => {
  const { inputTokens, stream } = profile;
  for (const { offer, result, firstTokenMs, totalMs, usage } of attempts) {
    const question = { offer, inputTokens, stream };
    const whole = result === 'ok';
    const tooLong = result === 'timeout' && latency.timedOut(question, totalMs);
    if (whole || tooLong || DOWN.has(result)) uptime.saw(offer, whole);
    if (whole || (stream && firstTokenMs !== undefined))
      latency.observe({
        ...question,
        firstTokenMs: firstTokenMs ?? totalMs,
        totalMs,
        outputTokens: whole ? outputTokensOf(usage) : 0,
      });
  }
};
