// Reading an HTTP answer: status, whole body or event stream, each into frames with exactly one terminal event.
import { type ChatEvent, type Frame, isContent } from '../core/chat.ts';
import type { FailureCause, FailurePhase } from '../core/failure.ts';
import type { Call } from '../core/ports.ts';
import type { UpstreamDialect, WireEvent } from '../dialects/dialect.ts';
import { createSseReader, type SseReader } from '../dialects/sse.ts';
import type { Failed, Head } from './exchange.ts';
import { DRAIN_MS, type Line } from './line.ts';
import { createProgress, type Progress } from './progress.ts';
import { readBody } from './read-body.ts';
import { createTerminalGuard, type TerminalGuard } from './terminal.ts';

/** An answer that does not stream, whole. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** Of an error body no more is read than could say what is wrong. */
const MAX_ERROR_BYTES = 64 * 1024;

export type AnswerContext = { readonly dialect: UpstreamDialect; readonly call: Call; readonly line: Line };

type Frames = AsyncGenerator<Frame, void, void>;

export const failureFrame = (cause: FailureCause): Frame => ({ events: [{ type: 'failure', cause }] });

/** A reset after content is the same to everyone as a stream that just ends: cut. */
const streamCause = (cause: FailureCause, phase: FailurePhase): FailureCause =>
  cause.sort === 'network' && phase === 'stream' ? { ...cause, sort: 'cut', phase } : { ...cause, phase };

/** An upstream that left without its blank line may have left half an event: only whole JSON and the end mark are read. */
const isWhole = ({ data }: WireEvent): boolean => {
  if (data === '[DONE]') return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
};

/** Of text in all its kinds; what a tool call consists of counts by its arguments. */
const charactersOf = (event: ChatEvent): number => {
  if ('text' in event) return event.text.length;
  return event.type === 'tool-call-delta' ? event.arguments.length : 0;
};

const TRICKLE: FailureCause = {
  sort: 'timeout',
  phase: 'stream',
  code: 'trickle',
  message: 'the stream only trickles',
};

/** Content restarts the idle time, anything else changes nothing. False: it gets nowhere. */
const note = (frame: Frame, { call, line }: AnswerContext, progress: Progress): boolean => {
  if (frame.events.some(isContent)) {
    line.phase = 'stream';
    line.watch.arm(call.timeouts.idleMs);
    return progress.came(
      frame.events.reduce((sum, event) => sum + charactersOf(event), 0),
      line.clock.elapsed(),
    );
  }
  return true;
};

/** What a stream that is over amounts to. A finish that more of the answer followed counts where the stream itself ended well. */
const lastFrame = (guard: TerminalGuard, { phase }: Line, broke?: FailureCause): Frame => {
  const whole = broke === undefined || guard.state() === 'finished' ? guard.finish() : undefined;
  return whole ?? failureFrame(broke ?? { sort: 'cut', phase, message: 'the stream ended without a finish' });
};

type Came = Failed | { readonly kind: 'bytes' | 'end'; readonly events: readonly WireEvent[] | 'too_big' };

/** By itself, so that the bytes of a piece do not live for as long as a reader that stalls takes for its events. */
const nextEvents = async ({ exchange }: Line, sse: SseReader): Promise<Came> => {
  const piece = await exchange.read();
  if (piece.kind === 'failure') return piece;
  return { kind: piece.kind, events: piece.kind === 'end' ? sse.end().filter(isWhole) : sse.feed(piece.bytes) };
};

const readStream = async function* (context: AnswerContext): Frames {
  const { dialect, line } = context;
  const sse = createSseReader();
  const reader = dialect.createStreamReader();
  const guard = createTerminalGuard();
  const progress = createProgress(context.call.timeouts.progressMs);
  line.awaitFirstToken();
  for (;;) {
    const came = await nextEvents(line, sse);
    if (came.kind === 'failure') {
      yield lastFrame(guard, line, streamCause(came.cause, line.phase));
      return;
    }
    if (came.events === 'too_big') {
      yield lastFrame(guard, line, {
        sort: 'malformed',
        phase: line.phase,
        message: 'the stream is larger than we read',
      });
      return;
    }
    for (const event of came.events) {
      for (const frame of guard.admit(reader.read(event))) {
        const moves = note(frame, context, progress);
        line.watch.pause();
        const gave = line.clock.elapsed();
        yield frame;
        progress.skip(line.clock.elapsed() - gave);
        line.watch.resume();
        if (!moves) {
          yield failureFrame(TRICKLE);
          return;
        }
      }
      if (guard.state() === 'failed') return;
      const finished = guard.state() === 'finished';
      // A finish leaves a second for usage and the end.
      if (finished && !line.finished) line.watch.arm(DRAIN_MS);
      line.finished = finished;
      if (event.data === '[DONE]' && guard.state() !== 'open') {
        line.finished = true;
        yield lastFrame(guard, line);
        return;
      }
    }
    if (came.kind === 'bytes') continue;
    for (const frame of guard.admit(reader.end())) yield frame;
    if (guard.state() === 'failed') return;
    line.finished = guard.state() !== 'open';
    yield lastFrame(guard, line);
    return;
  }
};

const readWhole = async ({ dialect, line }: AnswerContext): Promise<Frame> => {
  const body = await readBody(line.exchange, MAX_ANSWER_BYTES);
  if (body.end === 'failed') return failureFrame(body.cause);
  if (body.end === 'too_big')
    return failureFrame({ sort: 'malformed', phase: 'body', message: 'the answer is larger than we read' });
  line.finished = true;
  const guard = createTerminalGuard();
  const [failed] = guard.admit(dialect.readAnswer(body.text));
  if (failed && guard.state() === 'failed') return failed;
  return guard.finish() ?? failureFrame({ sort: 'malformed', phase: 'body', message: 'the answer has no finish' });
};

const readErrorStatus = async (
  { status, headers }: Extract<Head, { kind: 'head' }>,
  { dialect, call, line }: AnswerContext,
): Promise<Frame> => {
  line.watch.arm(call.timeouts.headersMs);
  // However its body ended: the status is known, and what arrived is enough.
  const { text } = await readBody(line.exchange, MAX_ERROR_BYTES);
  // A date to come back at is measured against the response's own; where it has none, against ours.
  const dated = 'date' in headers ? headers : { ...headers, date: new Date(line.clock.now()).toUTCString() };
  return failureFrame(dialect.readError({ status, headers: dated, body: text }));
};

/** Upstreams asked for a stream may still answer whole: an error under 200, a page of HTML. */
const isWholeType = (headers: Readonly<Record<string, string>>): boolean =>
  /^\s*(application\/(problem\+)?json|text\/html)/i.test(headers['content-type'] ?? '');

const isPlain = (headers: Readonly<Record<string, string>>): boolean =>
  /^\s*(identity)?\s*$/i.test(headers['content-encoding'] ?? '');

const COMPRESSED: FailureCause = { sort: 'malformed', phase: 'body', message: 'the answer is compressed, unasked' };

/** The answers that come as one frame; undefined where a stream is to be read. */
const answerAtOnce = async (context: AnswerContext): Promise<Frame | undefined> => {
  const { call, line } = context;
  const head = await line.exchange.head;
  if (head.kind === 'failure') return failureFrame(head.cause);
  line.phase = 'body';
  if (head.status < 200 || head.status > 299) return readErrorStatus(head, context);
  if (!isPlain(head.headers)) return failureFrame(COMPRESSED);
  return call.request.stream && !isWholeType(head.headers) ? undefined : readWhole(context);
};

export const readResponse = async function* (context: AnswerContext): Frames {
  const answer = await answerAtOnce(context);
  if (answer) yield answer;
  else yield* readStream(context);
};
