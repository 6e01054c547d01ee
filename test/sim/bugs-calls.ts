// Planted bugs of calls and breakers, most of them as gateways that people run once had them.
import type { Ranked } from '../../src/core/decision.ts';
import type { Frame } from '../../src/core/chat.ts';
import type { OfferKey } from '../../src/core/offer.ts';
import type { Run } from '../../src/core/outcome.ts';
import type { Provider } from '../../src/core/ports.ts';
import type { Quote } from '../../src/core/decision.ts';
import type { Bug } from './layers.ts';
import { OFFERS } from './offers.ts';

/** The answer, and where it breaks the answer to a second call, as if nothing had been given away. */
async function* mended(answer: AsyncIterable<Frame>, again: () => Promise<Run | undefined>): AsyncGenerator<Frame> {
  for await (const frame of answer) {
    const broke = frame.events.some(({ type }) => type === 'failure');
    const run = broke ? await again() : undefined;
    if (run) yield* run.answer;
    else yield frame;
  }
}

const retriedAfterCommit: Bug = {
  name: 'retried-after-commit',
  about: 'a stream that breaks is begun anew at another seller (LiteLLM #19077, #27967: the text comes twice)',
  foundBy: ['committed', 'whole', 'attempts', 'as-called'],
  make: () => ({
    dispatch: (dispatch) => async (decision, ask, journal) => {
      const dispatched = await dispatch(decision, ask, journal);
      if (!dispatched.committed) return dispatched;
      const again = async (): Promise<Run | undefined> => {
        const ladder = decision.ladder.slice(1);
        const second = ladder.length > 0 ? await dispatch({ ...decision, ladder }, ask, journal) : undefined;
        return second?.committed ? second.run : undefined;
      };
      return { ...dispatched, run: { ...dispatched.run, answer: mended(dispatched.run.answer, again) } };
    },
  }),
};

const cooldownShortened: Bug = {
  name: 'cooldown-shortened',
  about: 'a second, shorter Retry-After replaces the first (LiteLLM #40130)',
  foundBy: ['only-lengthens', 'left-alone'],
  make: ({ clock }) => {
    const last = new Map<OfferKey, number>();
    return {
      health: (health) => ({
        ...health,
        cool: (offer, forMs, why) => {
          last.set(offer, clock.elapsed() + forMs);
          health.cool(offer, forMs, why);
        },
        view: (offer) => {
          const view = health.view(offer);
          const until = last.get(offer);
          if (view.state !== 'open' || until === undefined || until > clock.elapsed()) return view;
          return { state: 'closed', share: 1 };
        },
      }),
    };
  },
};

const fallbackWidens: Bug = {
  name: 'fallback-widens',
  about: 'when those that are allowed fail, anybody is asked, policy or not',
  foundBy: ['ladder-kept', 'allowed'],
  make: () => {
    let quoteOf: ((offer: (typeof OFFERS)[number]) => Quote | undefined) | undefined;
    return {
      market: (market) => ({
        ...market,
        quote: (question) => {
          quoteOf = (offer) => market.quoteOf(offer, question);
          return market.quote(question);
        },
      }),
      dispatch: (dispatch) => (decision, ask, journal) => {
        const known = new Set(decision.ladder.map(({ quote }) => quote.offer.key));
        const others = OFFERS.filter(({ key }) => !known.has(key)).flatMap((offer): Ranked[] => {
          const quote = quoteOf?.(offer);
          const quality = { mean: 0.5, sd: 0.1 };
          return quote ? [{ quote, quality, drawn: 0.5, utility: -1, probability: 0 }] : [];
        });
        return dispatch({ ...decision, ladder: [...decision.ladder, ...others] }, ask, journal);
      },
    };
  },
};

/** What the seller calls the caller's own fault, told as if the line had broken. */
const blurred = ({ events }: Frame): Frame => ({
  events: events.map((event) => {
    const isCallers = event.type === 'failure' && [400, 413, 422].includes(event.cause.status ?? 0);
    return isCallers ? { type: 'failure', cause: { sort: 'network', phase: 'headers', message: '' } } : event;
  }),
});

const callerRetried: Bug = {
  name: 'caller-retried',
  about: 'a 400 is taken for a passing fault, and sent again until nothing is left (jp #978)',
  foundBy: ['callers-own', 'blame-earned'],
  make: () => ({
    provider: (provider): Provider => ({
      ...provider,
      async *call(call) {
        for await (const frame of provider.call(call)) yield blurred(frame);
      },
    }),
  }),
};

const callerBlamed: Bug = {
  name: 'caller-blamed',
  about: 'an offer is left alone for faults of its callers',
  foundBy: ['blame-earned'],
  make: () => ({
    blame: (health) => ({
      ...health,
      released: (offer) => health.failed(offer, 'released', { isStated: false, isSlow: false }),
    }),
  }),
};

const deadlineIgnored: Bug = {
  name: 'deadline-ignored',
  about: 'every attempt has the whole deadline for itself, so a request has three of them',
  foundBy: ['time-to-call', 'deadline', 'in-time'],
  make: ({ clock }) => ({ dispatchClock: () => ({ ...clock, elapsed: () => 0 }) }),
};

export const CALL_BUGS: readonly Bug[] = [
  retriedAfterCommit,
  cooldownShortened,
  fallbackWidens,
  callerRetried,
  callerBlamed,
  deadlineIgnored,
];
