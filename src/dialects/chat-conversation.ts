// The canonical conversation and its tools in the words of the chat dialect, for clients that spoke another one.
import type { ChatRequest, JsonObject, Message, OutputFormat, Part, Tool } from '../core/chat.ts';

const partOf = (part: Part): JsonObject => {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const { source, detail } = part;
  const url = source.from === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } };
};

const userContent = (parts: readonly Part[]): JsonObject['content'] => {
  const [first] = parts;
  return parts.length === 1 && first?.type === 'text' ? first.text : parts.map(partOf);
};

const messageOf = (message: Message): JsonObject => {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user':
      return { role: 'user', content: userContent(message.parts) };
    case 'assistant': {
      const calls = message.toolCalls.map(({ id, name, arguments: text }) => ({
        id,
        type: 'function',
        function: { name, arguments: text === '' ? '{}' : text },
      }));
      return {
        role: 'assistant',
        content: message.text === '' && calls.length > 0 ? null : message.text,
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      };
    }
    case 'tool':
      // The dialect has no mark for a failed tool; the model reads it in the text.
      return {
        role: 'tool',
        tool_call_id: message.callId,
        content: message.isError ? `Error: ${message.text}` : message.text,
      };
    default:
      return message satisfies never;
  }
};

const toolOf = ({ name, description, parameters, strict }: Tool): JsonObject => ({
  type: 'function',
  function: {
    name,
    ...(description === undefined ? {} : { description }),
    parameters,
    ...(strict === undefined ? {} : { strict }),
  },
});

const formatOf = (output: OutputFormat): JsonObject | undefined => {
  switch (output.kind) {
    case 'text':
      return undefined;
    case 'json':
      return { type: 'json_object' };
    case 'schema':
      return {
        type: 'json_schema',
        json_schema: { name: output.name, schema: output.schema, strict: output.strict },
      };
    default:
      return output satisfies never;
  }
};

const choiceOf = (choice: ChatRequest['toolChoice']): JsonObject | string | undefined =>
  typeof choice === 'object' ? { type: 'function', function: { name: choice.name } } : choice;

/** The body as a plain chat provider takes it; what differs per provider is changed afterwards, the same for every client. */
export const writeChatBody = (request: ChatRequest): JsonObject => {
  const { tools, toolChoice, temperature, topP, seed, stop, effort, features } = request;
  const format = formatOf(request.output);
  const choice = tools.length === 0 ? undefined : choiceOf(toolChoice);
  const topK = request.body['top_k'];
  return {
    messages: request.messages.map(messageOf),
    ...(tools.length === 0 ? {} : { tools: tools.map(toolOf) }),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(features.includes('serial_tools') && tools.length > 0 ? { parallel_tool_calls: false } : {}),
    ...(format === undefined ? {} : { response_format: format }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(features.includes('top_k') && typeof topK === 'number' ? { top_k: topK } : {}),
    ...(seed === undefined ? {} : { seed }),
    ...(stop.length === 0 ? {} : { stop }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
  };
};
