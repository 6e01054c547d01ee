// Reading a client's JSON by hand: what is looked at is checked exactly, and what is wrong is told with its place and its remedy.
import type { Json, JsonObject } from '../core/chat.ts';
import { RouterError } from '../core/errors.ts';

type Unchecked = Json | undefined;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isJsonList = (value: Unchecked): value is readonly Json[] => Array.isArray(value);

/** @param param where: "messages[2].content" */
export const refuse = (param: string, message: string): never => {
  throw new RouterError('invalid_request', message, { param });
};

/** null is how many clients spell "not set". */
export const isSet = (value: Unchecked): value is Exclude<Json, null> => value !== undefined && value !== null;

export const objectAt = (value: Unchecked, param: string): JsonObject =>
  isJsonObject(value) ? value : refuse(param, `${param} must be an object.`);

/** @param most the bound; a longer list is refused */
export const listAt = (value: Unchecked, param: string, most: number): readonly Json[] => {
  if (!isJsonList(value)) return refuse(param, `${param} must be a list.`);
  return value.length <= most ? value : refuse(param, `${param} has ${value.length} items; at most ${most} are taken.`);
};

export const stringAt = (value: Unchecked, param: string): string =>
  typeof value === 'string' ? value : refuse(param, `${param} must be a string.`);

/** @param most characters */
export const nameAt = (value: Unchecked, param: string, most: number): string => {
  const text = stringAt(value, param);
  return text !== '' && text.length <= most
    ? text
    : refuse(param, `${param} must be a string of 1 to ${most} characters.`);
};

type Range = { readonly from: number; readonly to: number };

export const optionalNumber = (value: Unchecked, param: string, { from, to }: Range): number | undefined => {
  if (!isSet(value)) return undefined;
  return typeof value === 'number' && value >= from && value <= to
    ? value
    : refuse(param, `${param} must be a number from ${from} to ${to}.`);
};

export const optionalWhole = (value: Unchecked, param: string, { from, to }: Range): number | undefined => {
  if (!isSet(value)) return undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= from && value <= to
    ? value
    : refuse(param, `${param} must be a whole number from ${from} to ${to}.`);
};

export const optionalBoolean = (value: Unchecked, param: string): boolean | undefined => {
  if (!isSet(value)) return undefined;
  return typeof value === 'boolean' ? value : refuse(param, `${param} must be true or false.`);
};

export const optionalString = (value: Unchecked, param: string): string | undefined =>
  isSet(value) ? stringAt(value, param) : undefined;
