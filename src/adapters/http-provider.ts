// A provider behind HTTP: writes the call in its dialect, reads the answer, keeps the timers. Exactly one terminal event, never a throw.
import type { Frame } from '../core/chat.ts';
import type { FailureCause } from '../core/failure.ts';
import type { Billing, Call, Clock, Provider } from '../core/ports.ts';
import type { UpstreamDialect } from '../dialects/dialect.ts';
import { failureFrame, readResponse } from './http-answer.ts';
import { type Line, openLine } from './line.ts';
import type { Transport } from './transport.ts';

export type HttpProviderDeps = {
  readonly name: string;
  readonly billing?: Billing;
  readonly dialect: UpstreamDialect;
  /** Shared with the other providers; closing the provider leaves it open. */
  readonly transport: Transport;
  readonly clock: Clock;
  /** From configuration only: https://api.example.com/v1 */
  readonly baseUrl: string;
  /** Below the base URL, with its query: "/chat/completions", `/models/${wireId}:streamGenerateContent?alt=sse`. */
  readonly path: (call: Call) => string;
  /** Credentials and versions, read for every call; content-type, accept and accept-encoding are added. */
  readonly headers: () => Readonly<Record<string, string>>;
};

/** A call that may be stopped at any moment, also while it waits. */
type Stoppable = { cancel(cause: FailureCause): void };

const aborted = (signal: AbortSignal): FailureCause => {
  const isDeadline = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
  return isDeadline
    ? { sort: 'timeout', phase: 'headers', message: 'the deadline passed' }
    : { sort: 'aborted', phase: 'headers', message: 'the call was cancelled' };
};

const writeBody = (dialect: UpstreamDialect, { request, offer, maxOutputTokens }: Call): string =>
  JSON.stringify(
    dialect.writeRequest(request, {
      wireId: offer.wireId,
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    }),
  );

const headersOf = (deps: HttpProviderDeps, call: Call): Readonly<Record<string, string>> => ({
  ...deps.headers(),
  'content-type': 'application/json',
  accept: call.request.stream ? 'text/event-stream' : 'application/json',
});

const urlOf = (baseUrl: URL, path: string): URL => {
  const url = new URL(baseUrl.href.replace(/\/+$/, '') + path);
  if (url.origin !== baseUrl.origin) throw new RangeError('a path may not leave its base URL');
  return url;
};

/** https://host/path without credentials, query or fragment; a mistake in the configuration is told at start. */
export const checkedBaseUrl = (text: string): URL => {
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!isPlain || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new RangeError(`a base URL is http(s)://host/path and nothing else: ${url.origin}`);
  return url;
};

const run = async function* (
  deps: HttpProviderDeps & { readonly base: URL },
  call: Call,
  started: (line: Line) => void,
): AsyncGenerator<Frame, void, void> {
  if (call.signal.aborted) {
    yield failureFrame({ ...aborted(call.signal), phase: 'connect' });
    return;
  }
  let line: Line | undefined;
  const onAbort = (): void => line?.cancel({ ...aborted(call.signal), phase: line.phase });
  try {
    const body = writeBody(deps.dialect, call);
    line = openLine(deps, call, { url: urlOf(deps.base, deps.path(call)), headers: headersOf(deps, call), body });
    started(line);
    call.signal.addEventListener('abort', onAbort, { once: true });
    yield* readResponse({ dialect: deps.dialect, call, line });
  } catch {
    // A dialect may not throw; if one does, the caller still gets its one terminal event.
    if (!line?.finished)
      yield failureFrame({
        sort: 'malformed',
        phase: line?.phase ?? 'connect',
        message: 'the exchange was not understood',
      });
  } finally {
    call.signal.removeEventListener('abort', onAbort);
    line?.release();
  }
};

export const createHttpProvider = (deps: HttpProviderDeps): Provider => {
  const base = checkedBaseUrl(deps.baseUrl);
  const running = new Set<Stoppable>();

  const iterate = (call: Call): AsyncIterator<Frame, void, void> => {
    let line: Line | undefined;
    const frames = run({ ...deps, base }, call, (opened) => {
      line = opened;
      running.add(opened);
    });
    const stop = async (): Promise<IteratorResult<Frame, void>> => {
      // A generator that waits for the upstream hears of a return only afterwards; the socket must close now.
      if (line && !line.finished) line.cancel({ sort: 'aborted', phase: line.phase, message: 'no longer read' });
      const result = await frames.return();
      if (line) running.delete(line);
      return result;
    };
    return {
      next: async () => {
        const result = await frames.next();
        if (result.done && line) running.delete(line);
        return result;
      },
      return: stop,
    };
  };

  return {
    name: deps.name,
    ...(deps.billing ? { billing: deps.billing } : {}),
    call: (call) => ({ [Symbol.asyncIterator]: () => iterate(call) }),
    close: async () => {
      for (const call of running) call.cancel({ sort: 'aborted', phase: 'stream', message: 'the provider was closed' });
      running.clear();
    },
  };
};
