// Bytes of a server-sent event stream into events, however they are cut; with a bound on one event and on the whole stream.
import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import type { WireEvent } from './dialect.ts';

export const MAX_EVENT_CHARACTERS = 4 * 1024 * 1024;
export const MAX_STREAM_BYTES = 64 * 1024 * 1024;

export type SseReader = {
  /** Events completed by these bytes; 'too_big' once a bound is passed, after which the reader is of no more use. */
  feed(bytes: Buffer): readonly WireEvent[] | 'too_big';
  /** What an upstream left without its closing blank line. May be half an event: check before trusting it. */
  end(): readonly WireEvent[];
};

/** LF, CRLF and CR end lines, comments are dropped, UTF-8 may be split anywhere (WHATWG HTML §9.2). */
export const createSseReader = (): SseReader => {
  const decoder = new StringDecoder('utf8');
  let events: WireEvent[] = [];
  let streamBytes = 0;
  let tooBig = false;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ event, data }) => {
      events.push(event === undefined ? { data } : { event, data });
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') tooBig = true;
    },
  });
  const take = (): readonly WireEvent[] => {
    const taken = events;
    events = [];
    return taken;
  };
  return {
    feed: (bytes) => {
      streamBytes += bytes.length;
      if (tooBig || streamBytes > MAX_STREAM_BYTES) return 'too_big';
      parser.feed(decoder.write(bytes));
      return tooBig ? 'too_big' : take();
    },
    end: () => {
      if (tooBig) return [];
      parser.feed(`${decoder.end()}\n\n`);
      return take();
    },
  };
};
