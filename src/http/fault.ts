// Which of our errors anything thrown is: Fastify's own, the parser's and the unforeseen all become a RouterError.
import { type ErrorCode, RouterError } from '../core/errors.ts';

/** Fastify's error codes that say something a caller can act on. */
const KNOWN: Readonly<
  Record<string, { readonly code: ErrorCode; readonly message: string; readonly status?: number }>
> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'request_too_large', message: 'The body is larger than this server reads.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    message: 'Send the body as JSON with the header content-type: application/json.',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'invalid_request', message: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'invalid_request',
    message: 'The body is not as long as its content-length says.',
  },
  FST_ERR_BAD_URL: { code: 'invalid_request', message: 'The URL is not validly encoded.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'invalid_request', message: 'A part of the URL is too long.', status: 414 },
};

const textOf = (value: unknown, key: string): string | undefined => {
  if (typeof value !== 'object' || value === null || !(key in value)) return undefined;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'string' ? found : undefined;
};

const statusOf = (value: unknown): number | undefined => {
  if (typeof value !== 'object' || value === null || !('statusCode' in value)) return undefined;
  return typeof value.statusCode === 'number' ? value.statusCode : undefined;
};

export const faultOf = (thrown: unknown): RouterError => {
  if (thrown instanceof RouterError) return thrown;
  const known = KNOWN[textOf(thrown, 'code') ?? ''];
  if (known)
    return new RouterError(known.code, known.message, known.status === undefined ? {} : { status: known.status });
  const status = statusOf(thrown);
  if (status !== undefined && status >= 400 && status <= 499)
    return new RouterError('invalid_request', 'The request could not be read.', { status, cause: thrown });
  return new RouterError('internal', 'Something went wrong in the router. It has been logged under this request id.', {
    cause: thrown,
  });
};

/** A cause for the log: its name and where it was thrown. Never its message, which may quote the request. */
export const traceOf = (cause: unknown): { readonly name: string; readonly frames: readonly string[] } => {
  if (!(cause instanceof Error)) return { name: typeof cause, frames: [] };
  const stack = cause.stack ?? '';
  // The stack begins with the message, and a message may look like frames.
  const frames = stack.slice(stack.indexOf(cause.message) + cause.message.length);
  const lines = frames.split('\n').map((line) => line.trim());
  return { name: cause.name, frames: lines.filter((line) => /^at .+:\d+:\d+\)?$/.test(line)).slice(0, 12) };
};
