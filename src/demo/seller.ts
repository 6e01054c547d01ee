// One simulated provider as an HTTP handler: authentication, its price list, answers, and what can go wrong.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Json } from '../core/chat.ts';
import type { OfferKey } from '../core/offer.ts';
import { composeAnswer, type Heard, heardTokens, prefixOf, questionOf, type Script } from './answer.ts';
import { simModel } from './cast.ts';
import { deliver, type Ending, type Pace, sendJson } from './deliver.ts';
import { drawsFor } from './draw.ts';
import { type Fault, faultOf, type FaultRates } from './faults.ts';
import { ownList, type Priced } from './price-lists.ts';
import type { Price, SimOffer, SimProvider } from './stalls.ts';
import { dollarsOf, type Subject, type Tokens, type Truth } from './truth.ts';
import type { CallHead, Problem, Wire } from './wire.ts';

/** One request as its provider saw it. `usd` is what was really used: nothing for an error, the whole answer otherwise. */
export type SellerAttempt = {
  readonly at: number;
  readonly provider: string;
  readonly offer?: OfferKey;
  readonly result: Ending | Problem['kind'];
  readonly tokens?: Tokens;
  readonly usd: number;
};

/** refused: nobody listens, though answers under way are finished · overloaded: every call gets the dialect's 503 or 529. */
export type Outage = 'off' | 'refused' | 'overloaded';

export type SellerDeps = {
  readonly provider: SimProvider;
  readonly wire: Wire;
  readonly offers: readonly SimOffer[];
  readonly truth: Truth;
  readonly seed: number;
  readonly faults: FaultRates;
  readonly pace: Pace;
  readonly now: () => number;
  readonly priceOf: (offer: SimOffer) => Price;
  readonly subjectOf: (question: string) => Subject;
  /** How often these keys were counted before; bounded by the world. */
  readonly countOf: (...keys: readonly string[]) => number;
  /** Turns of this conversation that the offer has in its cache, and remembers it from now on. */
  readonly recall: (offer: SimOffer, heard: Heard) => number;
  readonly outage: () => Outage;
  readonly note: (attempt: SellerAttempt) => void;
};

const MAX_BODY_BYTES = 8 * 1024 * 1024;

const readBody = async (request: IncomingMessage): Promise<Json | undefined> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    const part = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece));
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    pieces.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    return undefined;
  }
};

type Taken = { readonly offer: SimOffer; readonly heard: Heard; readonly script: Script; readonly fault?: Fault };

const take = (deps: SellerDeps, said: { readonly wireId: string; readonly heard: Heard }): Problem | Taken => {
  const { wireId, heard } = said;
  const { seed, truth, faults } = deps;
  const offer = deps.offers.find((one) => one.wireId === wireId);
  if (!offer) return { kind: 'unknown_model', wireId };
  const { capabilities, context } = simModel(offer.model);
  if (heard.tools.length > 0 && !capabilities.tools)
    return { kind: 'bad_request', message: `${wireId} does not support tools.` };
  if (heard.schema && !capabilities.json)
    return { kind: 'bad_request', message: `${wireId} does not support structured output.` };
  const tokens = heardTokens(heard, offer);
  if (tokens > context) return { kind: 'context', tokens, context };
  const content = prefixOf(heard, heard.turns.length);
  const repeat = deps.countOf(offer.key, content);
  const fault = faultOf({ rates: faults, flaky: offer.flaky, keys: [seed, offer.key, content, repeat] });
  if (fault === 'rate_limited') {
    const seconds = 1 + Math.floor(2 * drawsFor(seed, 'retry-after', content).next());
    return { kind: fault, retryAfterSeconds: seconds };
  }
  if (fault === 'server_error' || fault === 'overloaded') return { kind: fault };
  const subject = deps.subjectOf(questionOf(heard));
  const knownTurns = deps.recall(offer, heard);
  const script = composeAnswer({ heard, offer, subject, truth, seed, knownTurns, repeat });
  return { offer, heard, script, ...(fault ? { fault } : {}) };
};

const hear = async (deps: SellerDeps, request: IncomingMessage, head: CallHead): Promise<Problem | Taken> => {
  const body = await readBody(request);
  if (head.key !== deps.provider.key) return { kind: 'credential' };
  if (deps.outage() === 'overloaded') return { kind: 'overloaded' };
  if (body === undefined) return { kind: 'bad_request', message: 'The body is not JSON.' };
  const said = deps.wire.hear(body, head);
  return typeof said === 'string' ? { kind: 'bad_request', message: said } : take(deps, said);
};

const answer = async (deps: SellerDeps, response: ServerResponse, taken: Taken): Promise<void> => {
  const { offer, heard, script, fault } = taken;
  const at = deps.now();
  const price = deps.priceOf(offer);
  const stamp = { wireId: offer.wireId, at, includeUsage: heard.includeUsage };
  const { wire, pace } = deps;
  const result = await deliver({ response, wire, script, stamp, stream: heard.stream, fault, pace });
  const usd = dollarsOf(script.tokens, price);
  deps.note({ at, provider: deps.provider.name, offer: offer.key, result, tokens: script.tokens, usd });
};

/** A request listener for node:http; it never rejects. */
export const createSeller =
  (deps: SellerDeps) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { wire, provider } = deps;
    const refuse = (problem: Problem): void => {
      deps.note({ at: deps.now(), provider: provider.name, result: problem.kind, usd: 0 });
      sendJson(response, wire.error(problem));
    };
    try {
      // A connection that was kept open from before.
      if (deps.outage() === 'refused') return void response.destroy();
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'GET' && wire.dialect === 'chat' && url.pathname.endsWith('/models')) {
        const priced: readonly Priced[] = deps.offers.map((offer) => ({ offer, price: deps.priceOf(offer) }));
        return sendJson(response, { status: 200, headers: {}, body: ownList(priced) });
      }
      const head = wire.callOf(url, request.headers);
      if (!head || request.method !== 'POST') return refuse({ kind: 'unknown_path' });
      const taken = await hear(deps, request, head);
      return 'kind' in taken ? refuse(taken) : await answer(deps, response, taken);
    } catch {
      // The client left while it was still sending, or the server is closing.
      response.destroy();
    }
  };
