// A chat client's messages: roles, content parts, tool calls and the results that answer them.
import type { Json, JsonObject, Message, Part, ToolCall } from '../core/chat.ts';
import type { Feature } from '../core/dialect.ts';
import { isSet, listAt, nameAt, objectAt, optionalString, refuse, stringAt } from './json-fields.ts';

const MAX_MESSAGES = 2048;
const MAX_PARTS = 1024;
const MAX_TOOL_CALLS = 128;
const MAX_NAME_CHARACTERS = 256;

/** What reading collects besides the messages. */
type Reading = { readonly features: Set<Feature>; readonly calls: Map<string, string> };

const DATA_URL = /^data:(image\/[a-z0-9.+-]+);base64$/i;

const imageOf = (part: JsonObject, param: string, { features }: Reading): Part => {
  const image = objectAt(part['image_url'], `${param}.image_url`);
  const url = stringAt(image['url'], `${param}.image_url.url`);
  const detail = optionalString(image['detail'], `${param}.image_url.detail`);
  const rest = detail === undefined ? {} : { detail };
  if (/^https?:\/\//i.test(url)) {
    features.add('image_url');
    return { type: 'image', source: { from: 'url', url }, ...rest };
  }
  const comma = url.indexOf(',');
  const mediaType = DATA_URL.exec(url.slice(0, Math.max(0, comma)))?.[1];
  if (mediaType === undefined)
    return refuse(`${param}.image_url.url`, 'An image is an http(s) URL or data:image/…;base64,… .');
  return {
    type: 'image',
    source: { from: 'base64', mediaType: mediaType.toLowerCase(), data: url.slice(comma + 1) },
    ...rest,
  };
};

const userPart = (value: Json, param: string, reading: Reading): Part | undefined => {
  const part = objectAt(value, param);
  const type = stringAt(part['type'], `${param}.type`);
  switch (type) {
    case 'text':
      return { type: 'text', text: stringAt(part['text'], `${param}.text`) };
    case 'image_url':
      return imageOf(part, param, reading);
    case 'input_audio':
      reading.features.add('audio');
      return undefined;
    case 'file':
      reading.features.add('file');
      return undefined;
    default:
      // Kept in the body: a provider of the client's own dialect may know it.
      reading.features.add(`field:content.${type.slice(0, 64)}`);
      return undefined;
  }
};

const userParts = (content: Json | undefined, param: string, reading: Reading): readonly Part[] => {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return refuse(param, `${param} must be a string or a list of parts.`);
  return listAt(content, param, MAX_PARTS).flatMap((value, at) => userPart(value, `${param}[${at}]`, reading) ?? []);
};

/** Text of a role that has only text; parts are lines. A refusal that the client sends back is what the assistant said. */
const textOf = (content: Json | undefined, param: string): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return refuse(param, `${param} must be a string or a list of text parts.`);
  const texts = listAt(content, param, MAX_PARTS).map((value, at) => {
    const part = objectAt(value, `${param}[${at}]`);
    if (part['type'] === 'text') return stringAt(part['text'], `${param}[${at}].text`);
    if (part['type'] === 'refusal') return stringAt(part['refusal'], `${param}[${at}].refusal`);
    return refuse(`${param}[${at}].type`, `${param}[${at}] must be a text part; only a user may send others.`);
  });
  return texts.join('\n');
};

const toolCallOf = (value: Json, param: string, { features, calls }: Reading): ToolCall | undefined => {
  const call = objectAt(value, param);
  const id = nameAt(call['id'], `${param}.id`, MAX_NAME_CHARACTERS);
  if (isSet(call['type']) && call['type'] !== 'function') {
    const custom = call['custom'];
    calls.set(id, isSet(custom) ? stringAt(objectAt(custom, `${param}.custom`)['name'], `${param}.custom.name`) : '');
    features.add('field:tool_calls.custom');
    return undefined;
  }
  const named = objectAt(call['function'], `${param}.function`);
  const name = nameAt(named['name'], `${param}.function.name`, MAX_NAME_CHARACTERS);
  calls.set(id, name);
  return { id, name, arguments: optionalString(named['arguments'], `${param}.function.arguments`) ?? '' };
};

const assistantOf = (message: JsonObject, param: string, reading: Reading): Message => {
  const content = message['content'];
  const refusal = optionalString(message['refusal'], `${param}.refusal`);
  const text = isSet(content) ? textOf(content, `${param}.content`) : (refusal ?? '');
  const calls = message['tool_calls'];
  const toolCalls = isSet(calls)
    ? listAt(calls, `${param}.tool_calls`, MAX_TOOL_CALLS).flatMap(
        (value, at) => toolCallOf(value, `${param}.tool_calls[${at}]`, reading) ?? [],
      )
    : [];
  if (isSet(message['audio'])) reading.features.add('audio');
  if (isSet(message['function_call'])) reading.features.add('field:function_call');
  // Reasoning that only its own provider can read back.
  if (isSet(message['reasoning_details'])) reading.features.add('field:messages.reasoning_details');
  return { role: 'assistant', text, toolCalls };
};

const toolResultOf = (message: JsonObject, param: string, { calls }: Reading): Message => {
  const callId = nameAt(message['tool_call_id'], `${param}.tool_call_id`, MAX_NAME_CHARACTERS);
  const name = calls.get(callId);
  if (name === undefined)
    return refuse(
      `${param}.tool_call_id`,
      `${param} answers tool call "${callId.slice(0, 64)}", which no earlier assistant message made.`,
    );
  return { role: 'tool', callId, name, text: textOf(message['content'], `${param}.content`), isError: false };
};

const messageOf = (value: Json, param: string, reading: Reading): Message => {
  const message = objectAt(value, param);
  if (isSet(message['name']) && message['role'] !== 'tool' && message['role'] !== 'function')
    reading.features.add('field:messages.name');
  switch (message['role']) {
    case 'system':
    case 'developer':
      return { role: 'system', text: textOf(message['content'], `${param}.content`) };
    case 'user':
      return { role: 'user', parts: userParts(message['content'], `${param}.content`, reading) };
    case 'assistant':
      return assistantOf(message, param, reading);
    case 'tool':
      return toolResultOf(message, param, reading);
    case 'function': {
      // The spelling before tools; only providers that still speak it can be asked.
      reading.features.add('field:function_call');
      const name = nameAt(message['name'], `${param}.name`, MAX_NAME_CHARACTERS);
      return { role: 'tool', callId: name, name, text: textOf(message['content'], `${param}.content`), isError: false };
    }
    default:
      return refuse(`${param}.role`, `${param}.role must be system, developer, user, assistant or tool.`);
  }
};

/** @param features collects what the messages ask for that not every dialect can say */
export const parseChatMessages = (value: Json | undefined, features: Set<Feature>): readonly Message[] => {
  const list = listAt(value, 'messages', MAX_MESSAGES);
  if (list.length === 0) return refuse('messages', 'messages is empty; send at least one message.');
  const reading: Reading = { features, calls: new Map() };
  return list.map((message, at) => messageOf(message, `messages[${at}]`, reading));
};
