// A whole body as text, up to a bound; whatever ends it, what arrived is given back.
import type { FailureCause } from '../core/failure.ts';
import type { Exchange } from './exchange.ts';

export type ReadBody = { readonly text: string } & (
  | { readonly end: 'complete' | 'too_big' }
  | { readonly end: 'failed'; readonly cause: FailureCause }
);

/** @param maxBytes past it reading stops; the caller cancels the exchange */
export const readBody = async (exchange: Exchange, maxBytes: number): Promise<ReadBody> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const text = (): string => Buffer.concat(pieces).toString('utf8');
  for (;;) {
    const piece = await exchange.read();
    if (piece.kind === 'failure') return { end: 'failed', cause: piece.cause, text: text() };
    if (piece.kind === 'end') return { end: 'complete', text: text() };
    bytes += piece.bytes.length;
    if (bytes > maxBytes) return { end: 'too_big', text: text() };
    pieces.push(piece.bytes);
  }
};
