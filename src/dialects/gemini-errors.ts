// Google's errors as structure: the status word, the reason in details, how long to wait. Which quota ran out is told by its id, not by prose.
import type { JsonObject } from '../core/chat.ts';
import type { FailureCause } from '../core/failure.ts';
import type { UpstreamDialect } from './dialect.ts';
import { countOf, itemsOf, type Loose, objectOf, objectsOf, parseLoose, textOf } from './loose.ts';
import { pageCode } from './page.ts';
import { durationMs, retryAfterMs } from './retry-after.ts';
import { scrub, scrubWord } from './scrub.ts';

/** google.rpc.Code as HTTP (google/rpc/code.proto): for errors that come without a number. */
const STATUS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    CANCELLED: 499,
    UNKNOWN: 500,
    INVALID_ARGUMENT: 400,
    DEADLINE_EXCEEDED: 504,
    NOT_FOUND: 404,
    ALREADY_EXISTS: 409,
    PERMISSION_DENIED: 403,
    UNAUTHENTICATED: 401,
    RESOURCE_EXHAUSTED: 429,
    FAILED_PRECONDITION: 400,
    ABORTED: 409,
    OUT_OF_RANGE: 400,
    UNIMPLEMENTED: 501,
    INTERNAL: 500,
    UNAVAILABLE: 503,
    DATA_LOSS: 500,
  }),
);

/** The error of `{"error":{…}}`, also where it stands in a list, as streams without SSE send it. */
export const geminiErrorIn = (body: Loose): JsonObject | undefined => {
  const outer = objectOf(body) ?? objectOf(itemsOf(body)[0]);
  const error = outer?.['error'] ?? undefined;
  return error === undefined ? undefined : (objectOf(error) ?? {});
};

const detailsOf = (error: JsonObject, kind: string): readonly JsonObject[] =>
  objectsOf(error['details']).filter((detail) => textOf(detail['@type'])?.endsWith(`google.rpc.${kind}`));

/**
 * The hardest of the quotas that ran out. A limit of zero will not come back with time, and a day's quota not before its reset (midnight Pacific);
 * a minute's does.
 */
const quotaOf = (error: JsonObject): string | undefined => {
  const violations = detailsOf(error, 'QuotaFailure').flatMap((detail) => objectsOf(detail['violations']));
  const ids = violations.map((violation) => textOf(violation['quotaId']) ?? textOf(violation['quotaMetric']) ?? '');
  if (violations.some(({ quotaValue }) => quotaValue === '0' || quotaValue === 0)) return 'insufficient_quota';
  if (ids.some((id) => /per_?day/i.test(id))) return 'quota_per_day';
  return ids.some((id) => /per_?minute/i.test(id)) ? 'quota_per_minute' : undefined;
};

const first = (values: readonly (string | undefined)[]): string | undefined =>
  values.find((value) => value !== undefined);

const told = (error: JsonObject): Omit<FailureCause, 'sort' | 'phase' | 'status'> => {
  const type = scrubWord(textOf(error['status']));
  const code = quotaOf(error) ?? scrubWord(first(detailsOf(error, 'ErrorInfo').map(({ reason }) => textOf(reason))));
  const fields = detailsOf(error, 'BadRequest').flatMap((detail) => objectsOf(detail['fieldViolations']));
  const param = scrubWord(first(fields.map(({ field }) => textOf(field))));
  const wait = first(detailsOf(error, 'RetryInfo').map(({ retryDelay }) => textOf(retryDelay)));
  const waitMs = wait === undefined ? undefined : durationMs(wait);
  return {
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    message: scrub(textOf(error['message']) ?? type ?? 'the provider gave no reason'),
  };
};

/** The same of an error that has Google's shape in another dialect, as its OpenAI-compatible address sends it; undefined where it has not. */
export const googleErrorOf = (error: JsonObject): ReturnType<typeof told> | undefined =>
  STATUS.has(textOf(error['status']) ?? '') ? told(error) : undefined;

/** An error where a success was promised: in a stream, or as a body under 200. */
export const geminiPromisedErrorCause = (
  error: JsonObject,
  { sort, phase }: Pick<FailureCause, 'sort' | 'phase'>,
): FailureCause => {
  const status = countOf(error['code']) ?? STATUS.get(textOf(error['status']) ?? '');
  return { sort, phase, ...(status === undefined ? {} : { status }), ...told(error) };
};

/** Headers go first; Google itself only ever puts the wait into the body. */
export const readGeminiError: UpstreamDialect['readError'] = ({ status, headers, body }) => {
  const error = geminiErrorIn(parseLoose(body));
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
