// A chat client's tools and the form it wants the answer in.
import type { Json, JsonObject, OutputFormat, Tool, ToolChoice } from '../core/chat.ts';
import type { Feature } from '../core/dialect.ts';
import { isSet, listAt, nameAt, objectAt, optionalBoolean, optionalString, refuse, stringAt } from './json-fields.ts';

const MAX_TOOLS = 128;
const MAX_NAME_CHARACTERS = 128;
const MAX_SCHEMA_NAME_CHARACTERS = 64;

const NO_PARAMETERS: JsonObject = { type: 'object', properties: {} };

const toolOf = (value: Json, param: string, features: Set<Feature>): Tool | undefined => {
  const tool = objectAt(value, param);
  const type = stringAt(tool['type'], `${param}.type`);
  if (type !== 'function') {
    features.add(`field:tools.${type.slice(0, 64)}`);
    return undefined;
  }
  const named = objectAt(tool['function'], `${param}.function`);
  const description = optionalString(named['description'], `${param}.function.description`);
  const strict = optionalBoolean(named['strict'], `${param}.function.strict`);
  const parameters = named['parameters'];
  return {
    name: nameAt(named['name'], `${param}.function.name`, MAX_NAME_CHARACTERS),
    parameters: isSet(parameters) ? objectAt(parameters, `${param}.function.parameters`) : NO_PARAMETERS,
    ...(description === undefined ? {} : { description }),
    ...(strict === undefined ? {} : { strict }),
  };
};

export const parseChatTools = (value: Json | undefined, features: Set<Feature>): readonly Tool[] => {
  if (!isSet(value)) return [];
  return listAt(value, 'tools', MAX_TOOLS).flatMap((tool, at) => toolOf(tool, `tools[${at}]`, features) ?? []);
};

/** @param tools a named tool must be among them */
export const parseToolChoice = (
  value: Json | undefined,
  tools: readonly Tool[],
  features: Set<Feature>,
): ToolChoice | undefined => {
  if (!isSet(value)) return undefined;
  if (value === 'auto' || value === 'none' || value === 'required') return value;
  if (typeof value === 'string')
    return refuse('tool_choice', 'tool_choice must be "auto", "none", "required" or an object that names a function.');
  const choice = objectAt(value, 'tool_choice');
  if (choice['type'] !== 'function') {
    features.add(`field:tool_choice.${stringAt(choice['type'], 'tool_choice.type').slice(0, 64)}`);
    return undefined;
  }
  const named = objectAt(choice['function'], 'tool_choice.function');
  const name = nameAt(named['name'], 'tool_choice.function.name', MAX_NAME_CHARACTERS);
  if (!tools.some((tool) => tool.name === name))
    return refuse('tool_choice.function.name', `tool_choice names "${name}", which is not in tools.`);
  return { name };
};

export const parseResponseFormat = (value: Json | undefined, features: Set<Feature>): OutputFormat => {
  if (!isSet(value)) return { kind: 'text' };
  const format = objectAt(value, 'response_format');
  switch (format['type']) {
    case 'text':
      return { kind: 'text' };
    case 'json_object':
      features.add('json_object');
      return { kind: 'json' };
    case 'json_schema': {
      const named = objectAt(format['json_schema'], 'response_format.json_schema');
      return {
        kind: 'schema',
        name: nameAt(named['name'], 'response_format.json_schema.name', MAX_SCHEMA_NAME_CHARACTERS),
        schema: objectAt(named['schema'], 'response_format.json_schema.schema'),
        strict: optionalBoolean(named['strict'], 'response_format.json_schema.strict') ?? false,
      };
    }
    default:
      return refuse('response_format.type', 'response_format.type must be text, json_object or json_schema.');
  }
};
