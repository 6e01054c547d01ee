// Plays a script on one socket and counts what was made on the way.
import type { Socket } from 'node:net';
import type { Clock } from '../../../src/core/ports.ts';
import type { Act, WireError } from './acts.ts';
import { type Order, wordsOf } from './answer.ts';
import { CANARY_HEADERS, leakyMessage } from './canaries.ts';
import type { Response } from './http-wire.ts';
import type { Saying, Voice } from './voice.ts';

export type Stage = {
  readonly socket: Socket;
  readonly response: Response;
  readonly voice: Voice;
  readonly clock: Clock;
  readonly seller: string;
  readonly seed: number;
  readonly order: Order;
  readonly call: number;
  /** The key it was called with, which a careless provider quotes. */
  readonly key: string;
  /** Fires when the client has left. */
  readonly left: AbortSignal;
  /** Of this call; grows as tokens are made. */
  readonly tally: { made: number; status: number | undefined };
};

export type Ending = 'complete' | 'error' | 'broken' | 'gone';

const answerOf = ({ seller, seed }: Stage, count: number): string =>
  wordsOf(seller, seed, { from: 0, to: count }).join('');

const sayingOf = ({ order, tally }: Stage, more: Partial<Saying>): Saying => ({
  model: order.model,
  text: '',
  input: order.input,
  output: tally.made,
  ...more,
});

const speak = async (stage: Stage, count: number, everyMs: number): Promise<void> => {
  const { tally, order, seller, seed, voice, response, clock, left } = stage;
  for (let spoken = 0; spoken < count && tally.made < order.maxTokens && !left.aborted; spoken += 1) {
    if (everyMs > 0) await clock.sleep(everyMs, left);
    if (left.aborted) return;
    const [word = ''] = wordsOf(seller, seed, { from: tally.made, to: tally.made + 1 });
    tally.made += 1;
    await response.send(voice.token(word));
  }
};

const repeat = async (stage: Stage, { what, everyMs }: Extract<Act, { act: 'forever' }>): Promise<void> => {
  const { left, clock, response } = stage;
  while (!left.aborted) {
    if (what === 'token') await speak(stage, 1, everyMs);
    else {
      await response.send(what.bytes);
      if (everyMs > 0) await clock.sleep(everyMs, left);
    }
    // Even a fast one lets others have their turn.
    if (everyMs === 0) await new Promise((resolve) => setImmediate(resolve));
  }
};

const gone = (left: AbortSignal): Promise<void> =>
  left.aborted
    ? Promise.resolve()
    : new Promise((resolve) => left.addEventListener('abort', () => resolve(), { once: true }));

const words = ({ call, key, order }: Stage, { status, message }: WireError): string =>
  message ?? leakyMessage({ status, call, key, prompt: order.marker });

const perform = async (stage: Stage, act: Act): Promise<unknown> => {
  const { voice, response, socket, clock, left, tally, order } = stage;
  switch (act.act) {
    case 'head':
      tally.status = act.status;
      return response.head(act.status, { ...CANARY_HEADERS, ...act.headers }, act.framing);
    case 'raw':
      return response.raw(act.bytes);
    case 'send':
      return response.send(act.bytes);
    case 'role':
      return response.send(voice.role(sayingOf(stage, {})));
    case 'tokens':
      return speak(stage, act.count, act.everyMs);
    case 'tool':
      tally.made += 1;
      return response.send(voice.tool(act.part));
    case 'count':
      tally.made = act.tokens;
      return undefined;
    case 'finish':
      return response.send(voice.finish(sayingOf(stage, act)));
    case 'usage':
      return response.send(voice.usage(sayingOf(stage, act)));
    case 'done':
      return response.send(voice.done());
    case 'whole':
      tally.made = Math.min(act.count, order.maxTokens) * (act.choices ?? 1);
      return response.send(
        voice.whole(sayingOf(stage, { ...act, text: answerOf(stage, tally.made / (act.choices ?? 1)) })),
      );
    case 'error-body':
      return response.send(voice.errorBody(act.error, words(stage, act.error)));
    case 'inband':
      return response.send(voice.inband(act.error, words(stage, act.error)));
    case 'forever':
      return repeat(stage, act);
    case 'wait':
      return clock.sleep(act.ms, left);
    case 'silence':
      return gone(left);
    case 'reset':
      return socket.resetAndDestroy();
    case 'fin':
      return socket.destroy();
    case 'end':
      return response.end();
    default:
      return act satisfies never;
  }
};

/** What an act says of how the call ends; whatever is not here says nothing. */
const BREAKS: ReadonlySet<Act['act']> = new Set(['reset', 'fin', 'inband']);

/** Resolves when the script is over or its client has left. */
export const play = async (stage: Stage, script: readonly Act[]): Promise<Ending> => {
  let finished = false;
  for (const act of script) {
    if (stage.left.aborted) break;
    await perform(stage, act);
    // Its own turn, so that it leaves as its own segment.
    await new Promise((resolve) => setImmediate(resolve));
    if (BREAKS.has(act.act)) return finished ? 'complete' : 'broken';
    if ((act.act === 'finish' && act.reason !== '') || act.act === 'whole' || act.act === 'count') finished = true;
    if (act.act === 'error-body') return perform(stage, { act: 'end' }).then(() => 'error' as const);
  }
  if (finished) return 'complete';
  if (stage.left.aborted) return 'gone';
  return (stage.tally.status ?? 200) >= 300 ? 'error' : 'broken';
};
