// What a caller sent, read strictly: a bad field is named, never guessed at.
import type { FastifyRequest } from 'fastify';
import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import type { Caller } from '../core/ask.ts';
import { RouterError } from '../core/errors.ts';
import { prescan, SHAPE_LIMITS } from './prescan.ts';

/** A body as the content-type parser leaves it. */
export type Body = { readonly json: unknown; readonly bytes: number };

/** What is wrong with a body before it is parsed; the order is cheapest first. */
export const bodyFault = (bytes: Buffer): RouterError | undefined => {
  if (bytes.length === 0) return new RouterError('invalid_request', 'The body is empty; send a JSON object.');
  const verdict = prescan(bytes);
  switch (verdict) {
    case 'too_deep':
      return new RouterError('invalid_request', `The body is nested more than ${SHAPE_LIMITS.depth} levels deep.`);
    case 'too_many_tokens':
      return new RouterError('request_too_large', `The body has more than ${SHAPE_LIMITS.tokens} JSON tokens.`);
    case 'ok':
      return isUtf8(bytes) ? undefined : new RouterError('invalid_request', 'The body is not valid UTF-8.');
    default:
      return verdict satisfies never;
  }
};

const isBody = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && 'json' in value && 'bytes' in value;

export const bodyOf = (request: FastifyRequest): Body => {
  const body: unknown = request.body;
  if (!isBody(body)) throw new RouterError('invalid_request', 'This route needs a JSON body.');
  return body;
};

/** Parses by the schema; the first thing wrong is the error, with the field's name. */
export const check = <Output>(schema: z.ZodType<Output>, value: unknown): Output => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...(issue?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])]
    .map(String)
    .join('.')
    .slice(0, 100);
  const what = unknownKey === undefined ? (issue?.message ?? 'not valid') : 'is not a known field';
  throw new RouterError('invalid_request', path ? `${path}: ${what}` : what, path ? { param: path } : {});
};

export const callerOf = (request: FastifyRequest): Caller => {
  const caller = request.visit?.caller;
  if (!caller) throw new RouterError('invalid_api_key', 'Send a valid API key as "authorization: Bearer …".');
  return caller;
};

/** One value of a request header; repeated or missing headers are undefined. */
export const headerOf = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};
