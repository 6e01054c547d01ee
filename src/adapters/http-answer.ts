// Reading an HTTP answer: status, whole body or event stream, each into frames with exactly one terminal event.
import { type ChatEvent, type Frame, isContent } from '../core/chat.ts';
import type { FailureCause, FailurePhase } from '../core/failure.ts';
import type { Call } from '../core/ports.ts';
import type { UpstreamDialect, WireEvent } from '../dialects/dialect.ts';
import { createSseReader } from '../dialects/sse.ts';
import type { Head } from './exchange.ts';
import { DRAIN_MS, type Line } from './line.ts';
import { createProgress, type Progress } from './progress.ts';
import { readBody } from './read-body.ts';
import { createTerminalGuard } from './terminal.ts';

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

/** Content restarts the idle time, a finish leaves a second for usage, anything else changes nothing. False: it gets nowhere. */
const note = (frame: Frame, { call, line }: AnswerContext, progress: Progress): boolean => {
  if (line.finished) line.watch.arm(DRAIN_MS);
  else if (frame.events.some(isContent)) {
    line.phase = 'stream';
    line.watch.arm(call.timeouts.idleMs);
    return progress.came(
      frame.events.reduce((sum, event) => sum + charactersOf(event), 0),
      line.clock.elapsed(),
    );
  }
  return true;
};

const readStream = async function* (context: AnswerContext): Frames {
  const { dialect, line } = context;
  const sse = createSseReader();
  const reader = dialect.createStreamReader();
  const guard = createTerminalGuard();
  const progress = createProgress(context.call.timeouts.progressMs);
  line.awaitFirstToken();
  for (;;) {
    const piece = await line.exchange.read();
    if (piece.kind === 'failure') {
      if (!line.finished) yield failureFrame(streamCause(piece.cause, line.phase));
      return;
    }
    const events = piece.kind === 'end' ? sse.end().filter(isWhole) : sse.feed(piece.bytes);
    if (events === 'too_big') {
      if (!line.finished)
        yield failureFrame({ sort: 'malformed', phase: line.phase, message: 'the stream is larger than we read' });
      return;
    }
    for (const event of events) {
      const frame = guard.admit(reader.read(event));
      line.finished = guard.state() === 'finished';
      if (frame) {
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
      if (guard.state() === 'failed' || (line.finished && event.data === '[DONE]')) return;
    }
    if (piece.kind === 'bytes') continue;
    const last = guard.admit(reader.end());
    line.finished = guard.state() === 'finished';
    if (last) yield last;
    if (guard.state() === 'open')
      yield failureFrame({ sort: 'cut', phase: line.phase, message: 'the stream ended without a finish' });
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
  const frame = guard.admit(dialect.readAnswer(body.text));
  if (frame && guard.state() !== 'open') return frame;
  return failureFrame({ sort: 'malformed', phase: 'body', message: 'the answer has no finish' });
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

const COMPRESSED: FailureCause = { sort: 'malformed', phase: 'body', message: 'the answer is compressed, unasked' };

/** The answers that come as one frame; undefined where a stream is to be read. */
const answerAtOnce = async (context: AnswerContext): Promise<Frame | undefined> => {
  const { call, line } = context;
  const head = await line.exchange.head;
  if (head.kind === 'failure') return failureFrame(head.cause);
  line.phase = 'body';
  if (head.status < 200 || head.status > 299) return readErrorStatus(head, context);
  if ((head.headers['content-encoding'] ?? 'identity') !== 'identity') return failureFrame(COMPRESSED);
  return call.request.stream && !isWholeType(head.headers) ? undefined : readWhole(context);
};

export const readResponse = async function* (context: AnswerContext): Frames {
  const answer = await answerAtOnce(context);
  if (answer) yield answer;
  else yield* readStream(context);
};
