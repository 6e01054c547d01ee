// The simulated world as real HTTP servers on loopback: one per provider, one for the aggregator's price list, and the switches of fate.
import type { DialectName } from '../core/dialect.ts';
import type { Capabilities, ModelKey, OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';
import { simModel } from './cast.ts';
import { type Pace, sendJson } from './deliver.ts';
import { type FaultRates, USUAL_FAULTS } from './faults.ts';
import { openPort, type Port } from './port.ts';
import { catalogue, priceMap } from './price-lists.ts';
import { createSeller, type Outage, type SellerAttempt } from './seller.ts';
import { OFFERS, type Price, PROVIDERS, type SimProvider } from './stalls.ts';
import type { Subject, Truth } from './truth.ts';
import type { Wire } from './wire.ts';
import { chatWire } from './wire-chat.ts';
import { geminiWire } from './wire-gemini.ts';
import { messagesWire } from './wire-messages.ts';
import { createState, type State } from './world-state.ts';

export type WorldOptions = {
  readonly seed: number;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** 1: some ten milliseconds to the first token; Infinity: no waiting. */
  readonly speed?: number;
  readonly faults?: FaultRates;
};

export type WorldOffer = {
  readonly key: OfferKey;
  readonly model: ModelKey;
  readonly wireId: string;
  /** USD per million tokens, as listed at the start. */
  readonly price: Price;
  readonly context: number;
  readonly capabilities: Capabilities;
};

export type WorldProvider = {
  readonly name: string;
  readonly dialect: DialectName;
  /** With the version segment; chat: + /chat/completions, messages: + /messages, gemini: + /models/{id}:generateContent. */
  readonly baseUrl: string;
  readonly keyEnv: string;
  readonly key: string;
  /** The seller's own price list, where its dialect has one. */
  readonly modelsUrl?: string;
  readonly offers: readonly WorldOffer[];
};

export type World = {
  readonly truth: Truth;
  readonly providers: readonly WorldProvider[];
  /** The aggregator's list of all offers, as a list and as a price map. */
  readonly feeds: { readonly url: string; readonly mapUrl: string };
  /** Tells the servers what requests really are; a question nobody registered is an ordinary one. */
  register(items: readonly { readonly question: string; readonly subject: Subject }[]): void;
  setOutage(provider: string, outage: Outage): Promise<void>;
  /** The list price times this, from now on, on the bills and in both lists. */
  setPrice(offer: OfferKey, factor: number): void;
  /** What the servers saw, oldest first; the last 100 000. */
  attempts(): readonly SellerAttempt[];
  close(): Promise<void>;
};

const WIRES: Readonly<Record<DialectName, Wire>> = { chat: chatWire, messages: messagesWire, gemini: geminiWire };
type Running = { readonly provider: SimProvider; readonly server: Port; outage: Outage };

const start = async (provider: SimProvider, state: State, options: WorldOptions): Promise<Running> => {
  const { seed, clock, speed = 1, faults = USUAL_FAULTS } = options;
  const pace: Pace = { sleep: (ms, signal) => clock.sleep(ms, signal), speed };
  const seller = createSeller({
    ...state,
    provider,
    seed,
    faults,
    pace,
    wire: WIRES[provider.dialect],
    offers: OFFERS.filter((offer) => offer.provider === provider.name),
    now: () => clock.now(),
    outage: () => running.outage,
  });
  const running: Running = {
    provider,
    server: await openPort((request, response) => void seller(request, response)),
    outage: 'off',
  };
  return running;
};

const VERSION: Readonly<Record<DialectName, string>> = { chat: '/v1', messages: '/v1', gemini: '/v1beta' };

const described = ({ provider, server }: Running): WorldProvider => {
  const baseUrl = `http://127.0.0.1:${server.port}${VERSION[provider.dialect]}`;
  const offers = OFFERS.filter((offer) => offer.provider === provider.name).map(({ key, model, wireId, price }) => {
    const { context, capabilities } = simModel(model);
    return { key, model, wireId, price, context, capabilities };
  });
  return { ...provider, baseUrl, offers, ...(provider.dialect === 'chat' ? { modelsUrl: `${baseUrl}/models` } : {}) };
};

/** Starts everything on free ports of 127.0.0.1. @throws RangeError on unknown providers and offers, later */
export const startWorld = async (options: WorldOptions): Promise<World> => {
  const state = createState(options.seed);
  const running = await Promise.all(PROVIDERS.map((provider) => start(provider, state, options)));
  const feed = await openPort((request, response) => {
    const priced = OFFERS.map((offer) => ({ offer, price: state.priceOf(offer) }));
    const body = request.url === '/map' ? priceMap(priced) : catalogue(priced);
    sendJson(response, { status: 200, headers: {}, body });
  });
  return {
    truth: state.truth,
    providers: running.map(described),
    feeds: { url: `http://127.0.0.1:${feed.port}/catalogue`, mapUrl: `http://127.0.0.1:${feed.port}/map` },
    register: (items) => {
      for (const { question, subject } of items) state.learn(question, subject);
    },
    setOutage: async (name, outage) => {
      const found = running.find(({ provider }) => provider.name === name);
      if (!found) throw new RangeError(`no such provider: ${name}`);
      found.outage = outage;
      await found.server.set(outage !== 'refused');
    },
    setPrice: (key, factor) => {
      if (!OFFERS.some((offer) => offer.key === key)) throw new RangeError(`no such offer: ${key}`);
      state.factors.set(key, factor);
    },
    attempts: state.attempts,
    close: async () => {
      await Promise.all([...running.map(({ server }) => server.close()), feed.close()]);
    },
  };
};
