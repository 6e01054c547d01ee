// A request as Anthropic Messages takes it, within what the model at hand accepts.
import type { ChatRequest, Effort, JsonObject, OutputFormat, Tool } from '../core/chat.ts';
import { ANSWER_TOOL, ANSWER_TOOL_ABOUT, ANSWER_TOOL_PLEA, ANY_OBJECT } from './answer-tool.ts';
import type { WriteOptions } from './dialect.ts';
import { narrowSchema, optionalProperties, type SchemaRules } from './json-schema.ts';
import { writeConversation } from './messages-conversation.ts';
import { type ClaudeTraits, claudeTraits } from './messages-models.ts';

/** The dialect demands a cap. This one is taken where neither caller, policy nor offer has one. */
export const DEFAULT_MAX_TOKENS = 8192;
/** Tokens of thought per effort, for models that take a budget. The least the API takes is 1024. */
const THINKING_BUDGET: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
};
const LEAST_BUDGET = 1024;
/** The API takes 24; grammars of more than these often fail to compile. */
const MAX_OPTIONAL_PROPERTIES = 12;
/** More strict tools than this are refused: then none is strict. */
const MAX_STRICT_TOOLS = 20;

const STRICT_RULES: SchemaRules = {
  keep: new Set(
    'type enum const anyOf allOf properties required items title default description $ref $defs format'.split(' '),
  ),
  formats: new Set('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' ')),
  closed: true,
  constAsEnum: false,
};

type Answer =
  | { readonly by: 'text' }
  | { readonly by: 'format'; readonly schema: JsonObject }
  | { readonly by: 'tool'; readonly schema: JsonObject };

/** A schema goes to the decoder where model and schema allow it; otherwise the answer is the arguments of a tool. */
const answerOf = (output: OutputFormat, traits: ClaudeTraits): Answer => {
  switch (output.kind) {
    case 'text':
      return { by: 'text' };
    case 'json':
      return { by: 'tool', schema: ANY_OBJECT };
    case 'schema': {
      const fits = optionalProperties(output.schema) <= MAX_OPTIONAL_PROPERTIES;
      // A model that cannot be made to call a tool is better off with a schema it may find too large.
      const native = traits.structured && (fits || (!traits.forcedTools && output.schema['type'] === 'object'));
      return native
        ? { by: 'format', schema: narrowSchema(output.schema, STRICT_RULES) }
        : { by: 'tool', schema: output.schema };
    }
    default:
      return output satisfies never;
  }
};

const toolOf = (tool: Tool, strict: boolean): JsonObject => ({
  name: tool.name,
  ...(tool.description === undefined ? {} : { description: tool.description }),
  input_schema: {
    type: 'object',
    ...(strict ? narrowSchema(tool.parameters, STRICT_RULES) : tool.parameters),
  },
  ...(strict ? { strict: true } : {}),
});

const toolsOf = (request: ChatRequest, answer: Answer, traits: ClaudeTraits): readonly JsonObject[] => {
  const wanted = request.tools.filter(({ strict }) => strict === true);
  const strictly = traits.structured && wanted.length <= MAX_STRICT_TOOLS;
  const tools = request.tools.map((tool) =>
    toolOf(tool, strictly && tool.strict === true && optionalProperties(tool.parameters) <= MAX_OPTIONAL_PROPERTIES),
  );
  if (answer.by !== 'tool') return tools;
  return [...tools, { name: ANSWER_TOOL, description: ANSWER_TOOL_ABOUT, input_schema: answer.schema }];
};

/** The caller's own demand, or the one that makes the answer a tool call. */
const choiceOf = (request: ChatRequest, answer: Answer, traits: ClaudeTraits): JsonObject | undefined => {
  const { toolChoice } = request;
  const serial = request.features.includes('serial_tools') ? { disable_parallel_tool_use: true } : {};
  if (answer.by === 'tool' && (toolChoice === undefined || toolChoice === 'auto' || toolChoice === 'none')) {
    if (!traits.forcedTools) return undefined;
    const others = request.tools.length > 0 && toolChoice !== 'none';
    return others ? { type: 'any', ...serial } : { type: 'tool', name: ANSWER_TOOL };
  }
  if (request.tools.length === 0) return undefined;
  if (toolChoice === 'none') return { type: 'none' };
  if (toolChoice === 'required') return { type: 'any', ...serial };
  if (toolChoice !== undefined && toolChoice !== 'auto') return { type: 'tool', name: toolChoice.name, ...serial };
  return toolChoice === 'auto' || 'disable_parallel_tool_use' in serial ? { type: 'auto', ...serial } : undefined;
};

type Thinking = { readonly thinking?: JsonObject; readonly effort?: string; readonly budget: number };

/**
 * Thinking and a demanded tool call exclude each other; the demand is a promise, the effort a wish. A budget also excludes going on in the middle
 * of a tool loop, whose earlier thinking we do not have.
 */
const thinkingOf = (request: ChatRequest, traits: ClaudeTraits, forced: boolean): Thinking => {
  const { effort, maxOutputTokens } = request;
  if (effort === undefined) return { budget: 0 };
  if (effort === 'none') {
    if (!traits.thinkingCanBeOff) return { effort: 'low', budget: 0 };
    return traits.thinksUnasked ? { thinking: { type: 'disabled' }, budget: 0 } : { budget: 0 };
  }
  if (traits.thinking === 'adaptive') {
    const level = effort === 'minimal' ? 'low' : effort;
    return { ...(forced ? {} : { thinking: { type: 'adaptive' } }), effort: level, budget: 0 };
  }
  const cap = maxOutputTokens === undefined ? Number.POSITIVE_INFINITY : Math.floor(maxOutputTokens / 2);
  const budget = Math.min(THINKING_BUDGET[effort], cap);
  if (forced || budget < LEAST_BUDGET || request.messages.at(-1)?.role === 'tool') return { budget: 0 };
  return { thinking: { type: 'enabled', budget_tokens: budget }, budget };
};

/** Both are refused by newer models and beside thinking; older ones take one of the two. 1 is the default of both, so the other one speaks. */
const samplingOf = ({ temperature, topP }: ChatRequest, traits: ClaudeTraits, thinks: boolean): JsonObject => {
  if (!traits.sampling || thinks) return {};
  if (temperature !== undefined && (topP === undefined || temperature !== 1)) return { temperature };
  return topP === undefined ? {} : { top_p: topP };
};

const outputConfigOf = (answer: Answer, effort: string | undefined): JsonObject => {
  const config = {
    ...(effort === undefined ? {} : { effort }),
    ...(answer.by === 'format' ? { format: { type: 'json_schema', schema: answer.schema } } : {}),
  };
  return Object.keys(config).length === 0 ? {} : { output_config: config };
};

/** From the client's own body, where the client speaks this dialect: only model, cap and stream change. */
const passedThrough = (request: ChatRequest, { wireId, maxOutputTokens }: WriteOptions): JsonObject => ({
  ...request.body,
  model: wireId,
  max_tokens: maxOutputTokens ?? request.body['max_tokens'] ?? DEFAULT_MAX_TOKENS,
  stream: request.stream,
});

/** Pure. Sampling numbers a model refuses are wishes and left out, as said at `samplingOf`; everything else the caller asked for is written. */
export const writeMessagesRequest = (request: ChatRequest, options: WriteOptions): JsonObject => {
  if (request.dialect === 'messages') return passedThrough(request, options);
  const traits = claudeTraits(options.wireId);
  const capped = options.maxOutputTokens ?? request.maxOutputTokens;
  const answer = answerOf(request.output, traits);
  const tools = toolsOf(request, answer, traits);
  const choice = choiceOf(request, answer, traits);
  const forced = choice?.['type'] === 'any' || choice?.['type'] === 'tool';
  const asked = capped === undefined ? request : { ...request, maxOutputTokens: capped };
  const { thinking, effort, budget } = thinkingOf(asked, traits, forced);
  const { system, turns } = writeConversation(request.messages);
  const plea = answer.by === 'tool' && !forced ? [{ type: 'text', text: ANSWER_TOOL_PLEA }] : [];
  const instructions = [...system, ...plea];
  return {
    model: options.wireId,
    max_tokens: capped ?? DEFAULT_MAX_TOKENS + budget,
    ...(instructions.length === 0 ? {} : { system: instructions }),
    messages: turns,
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(thinking === undefined ? {} : { thinking }),
    ...outputConfigOf(answer, effort),
    ...samplingOf(request, traits, thinking !== undefined && thinking['type'] !== 'disabled'),
    ...(request.stop.length === 0 ? {} : { stop_sequences: request.stop }),
    stream: request.stream,
  };
};
