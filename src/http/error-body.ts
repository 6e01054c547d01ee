// The only file that turns an error into bytes: status, headers and the OpenAI body, the same on every path.
import { ERRORS, type ErrorCode, type RouterError } from '../core/errors.ts';
import { headerText } from './header-text.ts';

export type ErrorBody = {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: ErrorCode;
  };
};

export type ErrorAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
};

/** Clients wait no longer than this whatever we say; asked for more they use their own, shorter guess. */
const LONGEST_CLIENT_WAIT_MS = 60_000;
/** When the trouble is our own and nobody knows how long it lasts. */
const OWN_TROUBLE_MS = 1_000;

/** Whether trying again may help and when: what the SDKs read, in all their spellings. */
const retryHeaders = ({ code, detail }: RouterError): Record<string, string> => {
  const { retry, blame } = ERRORS[code];
  const waitMs = detail.retryAfterMs ?? (blame === 'router' ? OWN_TROUBLE_MS : undefined);
  // Without a known wait we have been through every offer already; the client's own retries would only multiply that.
  if (retry === 'never' || waitMs === undefined) return { 'x-should-retry': 'false' };
  return {
    'x-should-retry': waitMs <= LONGEST_CLIENT_WAIT_MS ? 'true' : 'false',
    'retry-after-ms': String(Math.ceil(waitMs)),
    'retry-after': String(Math.ceil(waitMs / 1000)),
  };
};

/** A provider's own 4xx is kept where the fault is the caller's; nothing else may change the table's status. */
const statusOf = ({ code, detail }: RouterError): number => {
  const { status, blame } = ERRORS[code];
  const finer = detail.status;
  return blame === 'caller' && finer !== undefined && finer >= 400 && finer <= 499 ? finer : status;
};

export const errorBody = ({ code, message, detail }: RouterError): ErrorBody => ({
  error: { message, type: ERRORS[code].type, param: detail.param ?? null, code },
});

export const errorAnswer = (error: RouterError): ErrorAnswer => ({
  status: statusOf(error),
  headers: {
    ...Object.fromEntries(
      Object.entries(error.detail.headers ?? {}).map(([name, value]) => [name.toLowerCase(), headerText(value)]),
    ),
    ...retryHeaders(error),
  },
  body: errorBody(error),
});
