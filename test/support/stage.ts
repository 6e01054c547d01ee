// A dispatch with scripted providers, one offer each, on a clock that moves when told to: for what the dispatcher decides.
import type { Ask } from '../../src/core/ask.ts';
import type { ChatRequest, Frame } from '../../src/core/chat.ts';
import type { Decision, Quote } from '../../src/core/decision.ts';
import type { Offer } from '../../src/core/offer.ts';
import type { DispatchNote } from '../../src/core/outcome.ts';
import type { Billing, Provider } from '../../src/core/ports.ts';
import type { Purse } from '../../src/dispatch/calls.ts';
import { createDispatch } from '../../src/dispatch/dispatch.ts';
import type { Dispatched, OfferHealth } from '../../src/dispatch/pursuit.ts';
import { createHealth } from '../../src/market/health.ts';
import { createFakeClock } from './clock.ts';
import { finishFrame, type Scene, scriptedProvider, textFrame, usageFrame } from './provider.ts';
import { seededRng } from './rng.ts';
import {
  sampleDecision,
  sampleOffer,
  samplePatience,
  samplePlan,
  sampleQuote,
  sampleRequest,
  sampleRung,
} from './sample.ts';

export const GOOD: readonly Frame[] = [textFrame('Hel'), textFrame('lo'), finishFrame, usageFrame(100, 50)];

type Options = {
  readonly stream?: boolean;
  readonly plan?: Parameters<typeof samplePlan>[0];
  readonly journal?: (note: DispatchNote) => Promise<void>;
  /** The call waits until its note is kept. */
  readonly waits?: boolean;
  readonly contexts?: readonly number[];
  readonly request?: Partial<ChatRequest>;
  readonly billing?: Billing;
  readonly purse?: Purse;
  /** In place of the market's own, where nothing shall ever be left alone. */
  readonly health?: OfferHealth;
  readonly offerOf?: (name: string) => Partial<Offer>;
  readonly quoteOf?: (quote: Quote) => Quote;
};

/** One provider per script, each selling one offer; the ladder is in that order. */
export const stage = (
  scripts: readonly (readonly Scene[])[],
  {
    stream = true,
    plan = {},
    journal,
    waits = false,
    contexts = [],
    request = {},
    billing,
    purse,
    ...given
  }: Options = {},
) => {
  const clock = createFakeClock();
  const health = createHealth({ clock });
  const names = scripts.map((_, index) => `p${index + 1}`);
  const providers = scripts.map((scenes, index) => ({
    ...scriptedProvider(names[index] ?? '', scenes),
    ...(billing ? { billing } : {}),
  }));
  const offers = names.map((name, index) =>
    sampleOffer(`${name}:lumen/spark`, {
      ...(contexts[index] ? { context: contexts[index] } : {}),
      ...given.offerOf?.(name),
    }),
  );
  const decision: Decision = sampleDecision(
    offers.map((offer) => sampleRung((given.quoteOf ?? ((quote) => quote))(sampleQuote(offer)))),
    { plan: samplePlan(plan) },
  );
  const left = new AbortController();
  const ask: Ask = {
    requestId: 'r1',
    request: sampleRequest({ stream, ...request }),
    caller: { id: 'local', policies: [] },
    explore: 'allowed',
    signal: left.signal,
  };
  const notes: DispatchNote[] = [];
  const keep = journal ?? (async (note: DispatchNote) => void notes.push(note));
  const dispatch = createDispatch({
    providers: new Map<string, Provider>(providers.map((provider) => [provider.name, provider])),
    clock,
    health: given.health ?? health,
    ...(purse ? { purse } : {}),
    rng: seededRng(1),
    patience: samplePatience(),
  });
  const run = () =>
    dispatch(decision, ask, (note) => {
      const written = keep(note);
      return waits ? { safe: written, written } : { written };
    });
  return { run, clock, health, providers, notes, left, offers };
};

export const committed = (dispatched: Dispatched) => {
  if (!dispatched.committed) throw dispatched.error;
  return dispatched.run;
};
export const failed = (dispatched: Dispatched) => {
  if (dispatched.committed) throw new Error('was answered');
  return dispatched;
};
export const read = async (answer: AsyncIterable<Frame>) => {
  const frames: Frame[] = [];
  for await (const frame of answer) frames.push(frame);
  return frames;
};
export const textOf = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => frame.events.map((event) => (event.type === 'text-delta' ? event.text : ''))).join('');
