// The body a chat provider gets: the client's own where it spoke chat, with only what must change changed; a written one otherwise.
import type { ChatRequest, Effort, Json, JsonObject } from '../core/chat.ts';
import { writeChatBody } from './chat-conversation.ts';
import type { ChatQuirks, ChatTraits } from './chat-quirks.ts';
import type { WriteOptions } from './dialect.ts';
import { itemsOf, objectOf } from './loose.ts';

type Body = { [key: string]: Json | undefined };

const EVERYTHING: ChatTraits = { reasons: true, sampling: true };

const ANSWER_CHANGES_NOTHING = [
  'user',
  'metadata',
  'store',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
] as const;

/** Only a label or a default may go: store: true or service_tier: flex ask for something and are kept. */
const isLabel = (name: string, value: Json | undefined): boolean =>
  (name !== 'store' || value === false) && (name !== 'service_tier' || value === 'auto' || value === 'default');

const dropLabels = (body: Body): void => {
  for (const name of ANSWER_CHANGES_NOTHING) if (isLabel(name, body[name])) delete body[name];
};

const setCap = (body: Body, cap: ChatQuirks['cap'], tokens: number | undefined): void => {
  delete body['max_tokens'];
  delete body['max_completion_tokens'];
  if (tokens !== undefined) body[cap] = tokens;
};

/** Usage is asked for in every stream: without it there is no exact cost. The client sees it only if it asked. */
const setStream = (body: Body, stream: boolean, takesOptions: boolean): void => {
  const options = objectOf(body['stream_options']);
  delete body['stream_options'];
  body['stream'] = stream;
  if (stream && takesOptions) body['stream_options'] = { ...options, include_usage: true };
};

const setSystemRole = (body: Body): void => {
  const messages = itemsOf(body['messages']);
  const isDeveloper = (message: Json): boolean => objectOf(message)?.['role'] === 'developer';
  if (!messages.some(isDeveloper)) return;
  body['messages'] = messages.map((message) => {
    const developer = isDeveloper(message) ? objectOf(message) : undefined;
    return developer ? { ...developer, role: 'system' } : message;
  });
};

const EFFORTS: ReadonlySet<string> = new Set<Effort>(['none', 'minimal', 'low', 'medium', 'high']);
const isEffort = (value: Json | undefined): value is Effort => typeof value === 'string' && EFFORTS.has(value);

/** A word we do not know ("xhigh") is the client's own and stays as it is. */
const setEffort = (body: Body, { effort }: ChatQuirks, reasons: boolean): void => {
  const asked = body['reasoning_effort'];
  if (asked === undefined || asked === null) return;
  delete body['reasoning_effort'];
  if (!reasons || effort.as === 'nothing') return;
  const worded = 'words' in effort && isEffort(asked) ? (effort.words?.[asked] ?? asked) : asked;
  switch (effort.as) {
    case 'reasoning_effort':
      body['reasoning_effort'] = worded;
      return;
    case 'reasoning':
      body['reasoning'] ??= { effort: asked };
      return;
    case 'enable_thinking':
      body['enable_thinking'] ??= asked !== 'none' && asked !== 'minimal';
      return;
    case 'thinking':
      body['thinking'] ??= { type: asked === 'none' ? 'disabled' : 'enabled' };
      if (asked !== 'none') body['reasoning_effort'] = worded;
      return;
    default:
      effort satisfies never;
  }
};

/** The last message is the beginning of the answer. */
const setPrefill = (body: Body, { prefill }: ChatQuirks): void => {
  if (prefill === 'continue_final_message') {
    body['continue_final_message'] = true;
    body['add_generation_prompt'] = false;
  }
  if (prefill !== 'prefix') return;
  const messages = itemsOf(body['messages']);
  body['messages'] = messages.map((message, at) =>
    at === messages.length - 1 ? { ...objectOf(message), prefix: true } : message,
  );
};

const rename = (body: Body, from: string, to: string): void => {
  if (from === to || body[from] === undefined) return;
  body[to] ??= body[from];
  delete body[from];
};

/**
 * @param options.maxOutputTokens already holds the client's own cap
 * @param quirks the row of the provider
 */
export const writeChatRequest = (
  request: ChatRequest,
  { wireId, maxOutputTokens }: WriteOptions,
  quirks: ChatQuirks,
): JsonObject => {
  const body: Body = request.dialect === 'chat' ? { ...request.body } : { ...writeChatBody(request) };
  const { reasons, sampling } = quirks.traits?.(wireId) ?? EVERYTHING;
  body['model'] = wireId;
  setStream(body, request.stream, quirks.streamOptions);
  setCap(body, quirks.cap, maxOutputTokens);
  setEffort(body, quirks, reasons);
  rename(body, 'seed', quirks.seed);
  if (request.continues) setPrefill(body, quirks);
  if (quirks.developer === 'system') setSystemRole(body);
  if (quirks.labels === 'drop') dropLabels(body);
  if (body['tool_choice'] === 'required') body['tool_choice'] = quirks.anyTool;
  if (!sampling) {
    // Such a model answers any other value with 400; it has one way of sampling and this request gets it.
    delete body['temperature'];
    delete body['top_p'];
  }
  return body;
};
