// Anthropic's errors as structure: error.type, the stable code in error.details, the status it stands for inside a stream.
import type { JsonObject } from '../core/chat.ts';
import type { FailureCause } from '../core/failure.ts';
import type { UpstreamDialect } from './dialect.ts';
import { objectOf, parseLoose, textOf } from './loose.ts';
import { pageCode } from './page.ts';
import { retryAfterMs } from './retry-after.ts';
import { scrub, scrubWord } from './scrub.ts';

/** An error inside a stream has no status; these are the ones Anthropic documents for the same type. */
const STATUS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    invalid_request_error: 400,
    authentication_error: 401,
    billing_error: 402,
    permission_error: 403,
    not_found_error: 404,
    conflict_error: 409,
    request_too_large: 413,
    rate_limit_error: 429,
    api_error: 500,
    timeout_error: 504,
    overloaded_error: 529,
  }),
);

/** The part of a cause an error object tells. */
const told = (error: JsonObject): Pick<FailureCause, 'type' | 'code' | 'message'> => {
  const type = scrubWord(textOf(error['type']));
  const code = scrubWord(textOf(objectOf(error['details'])?.['error_code']));
  return {
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    message: scrub(textOf(error['message']) ?? type ?? 'the provider gave no reason'),
  };
};

/** The error in `{"type":"error","error":{…}}`; an object without one is taken for the error itself where it names a type. */
export const errorIn = (body: JsonObject | undefined): JsonObject | undefined =>
  body?.['type'] === 'error' || (body?.['error'] ?? undefined) !== undefined
    ? (objectOf(body?.['error']) ?? {})
    : undefined;

/** An error where a success was promised: in a stream, or as a body under 200. */
export const promisedErrorCause = (
  error: JsonObject,
  { sort, phase }: Pick<FailureCause, 'sort' | 'phase'>,
): FailureCause => {
  const status = STATUS.get(textOf(error['type']) ?? '');
  return { sort, phase, ...(status === undefined ? {} : { status }), ...told(error) };
};

export const readMessagesError: UpstreamDialect['readError'] = ({ status, headers, body }) => {
  const error = errorIn(objectOf(parseLoose(body)));
  const wait = retryAfterMs(headers);
  return {
    sort: 'http',
    phase: 'headers',
    status,
    ...(error
      ? told(error)
      : { ...pageCode(body), message: `the provider answered ${status} without an error body we know` }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
};
