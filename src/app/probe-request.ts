// The one question probes ask: our own words, never a caller's, new each time so that no cache answers it, sixteen tokens long.
import { classify } from '../classify/classify.ts';
import type { Ask } from '../core/ask.ts';
import type { Decision } from '../core/decision.ts';
import { ZERO_USD } from '../core/money.ts';
import type { Offer } from '../core/offer.ts';
import type { Plan } from '../core/policy.ts';
import { parseChatRequest } from '../dialects/chat-request.ts';
import type { Market } from '../market/market.ts';

/** No policy can have it: names of policies have no parentheses. */
const PROBES = '(probes)';
/** As few as still show a speed; some sellers allow no fewer. */
const OUTPUT_TOKENS = 16;
const DEADLINE_MS = 15_000;
/** Held against nothing: nobody learns from a probe. */
const HALF_LIFE_MS = 86_400_000;

const PLAN: Omit<Plan, 'models'> = {
  require: { training: 'any', retention: 'any', regions: [], selfHosted: false, providers: [] },
  objective: { kind: 'order' },
  priceOfASecond: ZERO_USD,
  explore: { share: 0, spend: ZERO_USD, floor: 0 },
  fallback: { attempts: 1, onRateLimit: 'next', onRefusal: 'stop', stream: 'fail' },
  limits: { deadlineMs: DEADLINE_MS, outputTokens: OUTPUT_TOKENS },
  feedback: { halfLifeMs: HALF_LIFE_MS, holdout: 0 },
};

type Question = { readonly offer: Offer; readonly requestId: string; readonly signal: AbortSignal };

export const probeAsk = ({ offer, requestId, signal }: Question): Ask => {
  const body = {
    model: offer.key,
    messages: [{ role: 'user', content: `${requestId}\nWrite the numbers from one to forty as words.` }],
    max_tokens: OUTPUT_TOKENS,
    stream: true,
    stream_options: { include_usage: true },
  };
  return {
    requestId,
    request: parseChatRequest(body, JSON.stringify(body).length),
    caller: { id: PROBES, policies: [] },
    explore: 'never',
    signal,
  };
};

export type ProbeQuestion = {
  readonly ask: Ask;
  readonly offer: Offer;
  readonly market: Pick<Market, 'quoteOf'>;
  readonly at: number;
};

/** A ladder of this one offer. undefined: nobody knows what it would cost. */
export const probeDecision = ({ ask, offer, market, at }: ProbeQuestion): Decision | undefined => {
  const profile = classify(ask.request);
  const plan: Plan = { ...PLAN, models: [offer.model] };
  const tokensOf = () => ({ mean: OUTPUT_TOKENS, p90: OUTPUT_TOKENS });
  const quote = market.quoteOf(offer, { plan, profile, dialect: 'chat', tokensOf, at });
  if (!quote) return undefined;
  return {
    requestId: ask.requestId,
    at,
    policy: PROBES,
    policyHash: '',
    rule: 0,
    plan,
    profile,
    ladder: [{ quote, quality: { mean: 0, sd: 0 }, drawn: 0, utility: 0, probability: 1 }],
    rejected: [],
    reason: 'probe',
    probability: 1,
    exchangeRate: 0,
  };
};
