// A chat provider's stream, event by event: what each chunk means, what of it a chat client gets, and how the stream may end.
import type { ChatEvent, Frame, JsonObject, UsageEvent } from '../core/chat.ts';
import type { FailureCause } from '../core/failure.ts';
import { billedUsdOf } from './chat-billed.ts';
import { choicesOf, createDeltaReader, type DeltaReader } from './chat-delta.ts';
import { errorIn } from './chat-error.ts';
import { finishOf } from './chat-finish.ts';
import type { ChatQuirks } from './chat-quirks.ts';
import { readChatUsage } from './chat-usage.ts';
import type { WireEvent } from './dialect.ts';
import { countOf, objectOf, parseLoose, textOf } from './loose.ts';
import { createSkips } from './skips.ts';

const DONE = '[DONE]';

const CUT: FailureCause = { sort: 'cut', phase: 'stream', message: 'the stream ended without a finish' };
const MALFORMED: FailureCause = {
  sort: 'malformed',
  phase: 'stream',
  message: 'a chunk of the stream is not a JSON object',
};

type StreamState = {
  readonly billed: ChatQuirks['billed'];
  /** Choices seen → whether they have ended; the answer ends when all have. Events speak of the first only. */
  readonly choices: Map<number, boolean>;
  deltas: DeltaReader | undefined;
  finish: ChatEvent | undefined;
  finished: boolean;
  usage: UsageEvent | undefined;
  /** What was said of the bill apart from the usage. */
  billedUsd: number | undefined;
};

type ReadChoice = { readonly events: readonly ChatEvent[]; readonly wire: JsonObject | undefined };

/** Clients look into the delta of every choice: one without (Azure, between filter results) gets an empty one. */
const shaped = (choice: JsonObject, index: number, delta: JsonObject): JsonObject =>
  choice['index'] === index && choice['delta'] === delta ? choice : { ...choice, index, delta };

const readChoice = (choice: JsonObject, state: StreamState, chunk: JsonObject): ReadChoice => {
  const index = countOf(choice['index']) ?? 0;
  const whole = objectOf(choice['message']);
  const delta = objectOf(choice['delta']) ?? whole ?? {};
  state.deltas ??= createDeltaReader(textOf(chunk['id']) ?? '');
  const isFirst = index === 0;
  const { events, renumbered } = isFirst ? state.deltas.read(delta) : { events: [], renumbered: false };
  if (!state.choices.has(index)) state.choices.set(index, false);
  const word = textOf(choice['finish_reason']) ?? '';
  // A whole message among chunks stays one, for the writer to turn.
  const wire = renumbered ? undefined : whole && choice['delta'] === undefined ? choice : shaped(choice, index, delta);
  if (word === '') return { events, wire: wire && { ...wire, finish_reason: null } };
  const finish = finishOf(word, 'stream');
  if (finish.kind === 'failure')
    return { events: [...events, { type: 'failure', cause: finish.cause }], wire: undefined };
  state.choices.set(index, true);
  if (isFirst) state.finish = { type: 'finish', reason: finish.reason };
  return { events, wire: wire && { ...wire, finish_reason: finish.reason } };
};

/** The answer's finish, once every choice has one. */
const finishNow = (state: StreamState): readonly ChatEvent[] => {
  if (state.finished || state.choices.size === 0 || [...state.choices.values()].includes(false)) return [];
  state.finished = true;
  return [state.finish ?? { type: 'finish', reason: 'stop' }];
};

/** Usage counts once the answer is over: before that some providers report it as it grows. */
const usageNow = (state: StreamState): readonly ChatEvent[] => {
  const { usage } = state;
  if (!usage || !state.finished) return [];
  state.usage = undefined;
  const { billedUsd = state.billedUsd } = usage;
  return [billedUsd === undefined ? usage : { ...usage, billedUsd }];
};

const readChunk = (chunk: JsonObject, state: StreamState): Frame | undefined => {
  const choices = choicesOf(chunk);
  state.usage = readChatUsage(chunk, state.billed) ?? state.usage;
  state.billedUsd = billedUsdOf(chunk, state.billed) ?? state.billedUsd;
  const read = choices.map((choice) => readChoice(choice, state, chunk));
  const events = read.flatMap((choice) => choice.events);
  if (events.some(({ type }) => type === 'failure')) return { events: state.usage ? [state.usage, ...events] : events };
  const all = [...events, ...finishNow(state), ...usageNow(state)];
  // A chunk without choices is for us: usage, filter results, a ping.
  if (choices.length === 0) return all.length === 0 ? undefined : { events: all };
  const wires = read.map((choice) => choice.wire).filter((wire) => wire !== undefined);
  if (wires.length < read.length) return { events: all };
  return { events: all, wire: { dialect: 'chat', json: { ...chunk, choices: wires } } };
};

export type ChatStreamReader = {
  read(event: WireEvent): Frame | undefined;
  end(): Frame | undefined;
};

export const createChatStreamReader = (billed: ChatQuirks['billed']): ChatStreamReader => {
  const state: StreamState = {
    billed,
    choices: new Map(),
    deltas: undefined,
    finish: undefined,
    finished: false,
    usage: undefined,
    billedUsd: undefined,
  };
  const skips = createSkips();
  /** What was used before the break is still owed. */
  const broken = (cause: FailureCause): Frame => ({
    events: state.usage ? [state.usage, { type: 'failure', cause }] : [{ type: 'failure', cause }],
  });

  return {
    read: ({ event, data }) => {
      if (data === DONE) return state.finished ? undefined : broken(CUT);
      if (data.trim() === '') return undefined;
      const chunk = objectOf(parseLoose(data));
      if (!chunk) return skips.one(state.deltas?.hasCalls() ?? false) ? undefined : broken(MALFORMED);
      const error = errorIn(chunk) ?? (event === 'error' ? errorIn({ error: chunk }) : undefined);
      if (error) return broken({ sort: 'inband', phase: 'stream', ...error });
      return readChunk(chunk, state);
    },
    end: () => (state.finished ? undefined : broken(CUT)),
  };
};
