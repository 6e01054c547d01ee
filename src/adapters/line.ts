// One call's line to its upstream: the exchange, the one timer over it, and how it is put down.
import type { FailureCause, FailurePhase } from '../core/failure.ts';
import type { Call, Clock } from '../core/ports.ts';
import type { Exchange } from './exchange.ts';
import { readBody } from './read-body.ts';
import type { Transport } from './transport.ts';
import { createWatchdog, type Watchdog } from './watchdog.ts';

/** After a finish: how long and how much we wait for usage and a clean end that lets the socket live. */
export const DRAIN_MS = 1_000;
const MAX_DRAIN_BYTES = 256 * 1024;
/** An answer that does not stream comes all at once. Slower than this and we stop waiting. */
const SLOWEST_TOKENS_PER_SECOND = 5;
const ANSWER_TOKENS_WITHOUT_CAP = 4096;

export type LineDeps = { readonly transport: Transport; readonly clock: Clock };

export type LineRequest = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Line = {
  readonly exchange: Exchange;
  readonly watch: Watchdog;
  readonly clock: Clock;
  /** `stream` from the first content event on. */
  phase: FailurePhase;
  /** The answer is complete: what may still come is usage and the end. */
  finished: boolean;
  /** Starts the time to the first content event; what was spent on connecting and headers is spent. */
  awaitFirstToken(): void;
  cancel(cause: FailureCause): void;
  /** Lets the socket live where the upstream ends by itself within a second; closes it otherwise. */
  release(): void;
};

const LATE: Readonly<Record<FailurePhase, string>> = {
  connect: 'no connection in time',
  headers: 'no response in time',
  body: 'no first token in time',
  stream: 'the stream stalled',
};

/** Without a stream the headers come with the finished answer, so one allowance covers both: the first token's plus the writing. */
const wholeAnswerMs = ({ timeouts, maxOutputTokens = ANSWER_TOKENS_WITHOUT_CAP }: Call): number =>
  timeouts.wholeMs ?? timeouts.firstTokenMs + (maxOutputTokens / SLOWEST_TOKENS_PER_SECOND) * 1000;

export const openLine = ({ transport, clock }: LineDeps, call: Call, request: LineRequest): Line => {
  const { timeouts } = call;
  const openedAt = clock.elapsed();
  const watch = createWatchdog({
    clock,
    onExpire: () => line.cancel({ sort: 'timeout', phase: line.phase, message: LATE[line.phase] }),
  });
  const onSent = (): void => {
    line.phase = 'headers';
    watch.arm(call.request.stream ? Math.min(timeouts.headersMs, timeouts.firstTokenMs) : wholeAnswerMs(call));
  };
  watch.arm(timeouts.connectMs);
  const exchange = transport.open({ ...request, onSent });
  const line: Line = {
    exchange,
    watch,
    clock,
    phase: 'connect',
    finished: false,
    awaitFirstToken: () => watch.arm(timeouts.firstTokenMs - (clock.elapsed() - openedAt)),
    cancel: (cause) => exchange.cancel(cause),
    release: () => void putDown(line),
  };
  return line;
};

const putDown = async ({ exchange, watch, finished }: Line): Promise<void> => {
  if (finished && !exchange.ended()) {
    watch.arm(DRAIN_MS);
    await readBody(exchange, MAX_DRAIN_BYTES);
  }
  watch.stop();
  exchange.cancel({ sort: 'aborted', phase: 'stream', message: 'no longer read' });
};
