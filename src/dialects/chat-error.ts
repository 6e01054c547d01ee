// What chat providers say when they fail: an error body, an error in a stream, a page of HTML. Structure is kept, words are scrubbed.
import type { JsonObject } from '../core/chat.ts';
import type { FailureCause } from '../core/failure.ts';
import { googleErrorOf } from './gemini-errors.ts';
import { itemsOf, type Loose, objectOf, parseLoose, textOf } from './loose.ts';
import { isPage, pageCode } from './page.ts';
import { retryAfterMs } from './retry-after.ts';
import { scrub, scrubWord } from './scrub.ts';

type Said = Pick<FailureCause, 'type' | 'code' | 'param' | 'message' | 'status' | 'retryAfterMs'>;

const wordOf = (value: Loose): string | undefined => {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return scrubWord(textOf(value));
};

/** An HTTP status some providers write into the body: error.code 502, error.status 429, "503". */
const statusOf = (...values: readonly Loose[]): number | undefined => {
  for (const value of values) {
    const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
    if (typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599) return status;
  }
  return undefined;
};

const said = (fields: {
  readonly type?: Loose;
  readonly code?: Loose;
  readonly param?: Loose;
  readonly status?: Loose;
  readonly message: string;
}): Said => {
  const type = wordOf(fields.type);
  const code = wordOf(fields.code);
  const param = wordOf(fields.param);
  const status = statusOf(fields.status, fields.code);
  return {
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
    ...(status === undefined ? {} : { status }),
    message: scrub(fields.message),
  };
};

/** FastAPI: detail is a text, or a list of what is wrong where. */
const detailOf = (detail: Loose): Said | undefined => {
  const text = textOf(detail);
  if (text !== undefined) return said({ message: text });
  const nested = objectOf(detail);
  if (nested) return said({ ...nested, message: textOf(nested['message']) ?? textOf(nested['msg']) ?? 'refused' });
  const first = objectOf(itemsOf(detail)[0]);
  if (!first) return undefined;
  const place = itemsOf(first['loc'])
    .map((step) => (typeof step === 'number' ? String(step) : (textOf(step) ?? '')))
    .filter((step) => step !== 'body' && step !== '')
    .join('.');
  return said({ type: first['type'], param: place, message: textOf(first['msg']) ?? 'refused' });
};

const objectError = (error: JsonObject): Said => {
  const google = googleErrorOf(error);
  const status = statusOf(error['code']);
  if (google) return { ...google, ...(status === undefined ? {} : { status }) };
  const metadata = objectOf(error['metadata']);
  return said({
    type: error['type'] ?? metadata?.['error_type'],
    // OpenRouter says there which of its own limits was met, and that its moderation refused.
    code: metadata?.['limit_source'] ?? (metadata?.['flagged_input'] === undefined ? error['code'] : 'moderation'),
    status: error['status'] ?? error['status_code'] ?? error['code'],
    param: error['param'],
    message: textOf(error['message']) ?? textOf(error['msg']) ?? 'the provider reported an error',
  });
};

/** The error in a body or chunk that has one, undefined where it has none. */
export const errorIn = (body: JsonObject): Said | undefined => {
  const error = body['error'] ?? objectOf(body['x_groq'])?.['error'];
  const nested = objectOf(error);
  if (nested) return objectError(nested);
  const text = textOf(error);
  if (text !== undefined && text !== '') return said({ ...body, message: textOf(body['message']) ?? text });
  // vLLM and Mistral put the error's fields at the top.
  if (body['object'] === 'error' || body['type'] === 'error') {
    const message = body['message'];
    return (
      detailOf(objectOf(message)?.['detail']) ??
      said({ ...body, message: textOf(message) ?? 'the provider reported an error' })
    );
  }
  return undefined;
};

/** A proxy's page: its title is all that is worth keeping. */
const pageTitle = (text: string): string => {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text.slice(0, 4096))?.[1];
  return title === undefined
    ? 'the upstream answered with a page, not with JSON'
    : `the upstream answered with a page: ${title}`;
};

const bodyError = (text: string): Said => {
  const trimmed = text.trim();
  if (trimmed === '') return said({ message: 'the provider gave no reason' });
  const parsed = parseLoose(trimmed);
  // Some servers wrap the one error in a list.
  const body = objectOf(parsed) ?? objectOf(itemsOf(parsed)[0]);
  if (!body && isPage(trimmed)) return said({ ...pageCode(trimmed), message: pageTitle(trimmed) });
  if (!body) return said({ message: textOf(parsed) ?? trimmed });
  const found = errorIn(body) ?? detailOf(body['detail']);
  return found ?? said({ ...body, message: textOf(body['message']) ?? 'the provider gave no reason' });
};

/** An error status. The status line is the status, whatever the body says. */
export const readChatError = (response: {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}): FailureCause => {
  const wait = retryAfterMs(response.headers);
  return {
    sort: 'http',
    phase: 'headers',
    ...bodyError(response.body),
    status: response.status,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
};

/** What stands where an answer should be, under status 200. */
export const notAnAnswer = (body: string): FailureCause => {
  const trimmed = body.trim();
  const parsed = objectOf(parseLoose(trimmed));
  const error = parsed && (errorIn(parsed) ?? detailOf(parsed['detail']));
  if (error) return { sort: 'http', phase: 'body', ...error };
  if (trimmed === '') return { sort: 'malformed', phase: 'body', message: 'the answer is empty' };
  if (trimmed.startsWith('<')) return { sort: 'malformed', phase: 'body', message: scrub(pageTitle(trimmed)) };
  return { sort: 'malformed', phase: 'body', message: parsed ? 'the answer has no choices' : 'the answer is not JSON' };
};
