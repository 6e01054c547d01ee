// A run into its answer: gathered whole, or relayed as it comes. Decides what counts as complete.
import type { Frame } from '../core/chat.ts';
import { ERRORS, type ErrorCode, RouterError } from '../core/errors.ts';
import type { Outcome, Run } from '../core/outcome.ts';
import type { Clock } from '../core/ports.ts';
import { isStopped } from './client.ts';

/** complete: a finish was seen · broken: it ended without one · gone: nobody is listening any more. */
export type Ending = 'complete' | 'broken' | 'gone';

/** Sends each frame on; false from `send` stops the run. Leaving the loop returns the iterator, which closes the upstream. */
export const relay = async (
  run: Run,
  { send, signal }: { readonly send: (frame: Frame) => Promise<boolean>; readonly signal: AbortSignal },
): Promise<Ending> => {
  let finished = false;
  for await (const frame of run.answer) {
    if (signal.aborted) return 'gone';
    const failed = frame.events.some(({ type }) => type === 'failure');
    if (!(await send(frame))) return 'gone';
    if (failed) return 'broken';
    finished ||= frame.events.some(({ type }) => type === 'finish');
  }
  if (signal.aborted) return 'gone';
  return finished ? 'complete' : 'broken';
};

/** The outcome, if it is known within `billMs`: the last bytes of an answer do not wait longer for its price. */
export const billOf = async (run: Run, clock: Clock, billMs: number): Promise<Outcome | undefined> => {
  // Nearly always it is known already, and no timer is needed.
  const now = await Promise.race([run.settled, Promise.resolve(undefined)]);
  if (now) return now;
  const known = new AbortController();
  const late = clock.sleep(billMs, known.signal).then(() => undefined);
  const outcome = await Promise.race([run.settled, late]);
  known.abort();
  return outcome;
};

const isErrorCode = (code: string | undefined): code is ErrorCode => code !== undefined && Object.hasOwn(ERRORS, code);

/** What a caller of a whole answer is told when it broke off: an error, never a part. */
export const brokenError = (outcome: Outcome | undefined, attempts: number): RouterError =>
  new RouterError(
    isErrorCode(outcome?.error) ? outcome.error : 'upstream_exhausted',
    'The provider stopped before the answer was complete. Nothing of it is returned; send the request again.',
    { headers: { 'x-bourse-attempts': String(attempts) } },
  );

/** Why nobody gets the rest: the client left, or this server stops. */
export const leftError = (signal: AbortSignal): RouterError =>
  isStopped(signal)
    ? new RouterError('server_shutdown', 'This server stopped before the answer was complete; try again.')
    : new RouterError('client_closed', 'The client closed the connection.');

/** @throws RouterError where the answer is not complete, or is longer than `most` frames */
export const gather = async (
  run: Run,
  { signal, most }: { readonly signal: AbortSignal; readonly most: number },
): Promise<{ readonly ending: Ending; readonly frames: readonly Frame[] }> => {
  const frames: Frame[] = [];
  const ending = await relay(run, {
    signal,
    send: (frame) => Promise.resolve(frames.push(frame) <= most),
  });
  return { ending: ending === 'gone' && !signal.aborted ? 'broken' : ending, frames };
};
