// A dialect's reader over bytes cut anywhere: the events it gives, in order, the end of the stream included.
import type { ChatEvent } from '../../src/core/chat.ts';
import type { UpstreamDialect } from '../../src/dialects/dialect.ts';
import { createSseReader } from '../../src/dialects/sse.ts';

/** @param cuts byte positions at which the stream is cut; any numbers */
export const readSse = (dialect: UpstreamDialect, sse: string, cuts: readonly number[] = []): ChatEvent[] => {
  const bytes = Buffer.from(sse);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const reader = createSseReader();
  const stream = dialect.createStreamReader();
  const events: ChatEvent[] = [];
  for (const [at, place] of places.entries()) {
    const wire = reader.feed(bytes.subarray(places[at - 1] ?? 0, place));
    if (wire === 'too_big') throw new Error('the test stream is too big');
    for (const event of wire) events.push(...(stream.read(event)?.events ?? []));
  }
  for (const event of reader.end()) events.push(...(stream.read(event)?.events ?? []));
  events.push(...(stream.end()?.events ?? []));
  return events;
};

/** What a client would have put together from the events. */
export const assembled = (events: readonly ChatEvent[]) => {
  const calls: { id: string; name: string; arguments: string }[] = [];
  let text = '';
  let reasoning = '';
  for (const event of events) {
    if (event.type === 'text-delta') text += event.text;
    if (event.type === 'reasoning-delta') reasoning += event.text;
    if (event.type === 'tool-call-start') calls[event.index] = { id: event.id, name: event.name, arguments: '' };
    const call = event.type === 'tool-call-delta' ? calls[event.index] : undefined;
    if (call && event.type === 'tool-call-delta') call.arguments += event.arguments;
  }
  return {
    text,
    reasoning,
    calls,
    finish: events.find((event) => event.type === 'finish')?.reason,
    usage: events.find((event) => event.type === 'usage')?.usage,
    failure: events.find((event) => event.type === 'failure')?.cause,
  };
};
