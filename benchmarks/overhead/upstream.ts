// A provider that costs next to nothing: answers chat completions at once, whole or as a stream of chunks at the pace the prompt asks for.
import { createServer, type ServerResponse } from 'node:http';
import { ANSWER, CHUNKS, MODEL, paceIn, wordAt } from './words.ts';

const USAGE = { prompt_tokens: 24, completion_tokens: CHUNKS, total_tokens: 24 + CHUNKS };
const shell = { id: 'chatcmpl-bench', created: 1, model: MODEL };

const whole = Buffer.from(
  JSON.stringify({
    ...shell,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' }],
    usage: USAGE,
  }),
);

const eventOf = (fields: object): string =>
  `data: ${JSON.stringify({ ...shell, object: 'chat.completion.chunk', ...fields })}\n\n`;
const deltaOf = (delta: object, finish: string | null = null): string =>
  eventOf({ choices: [{ index: 0, delta, finish_reason: finish }] });

/** What is written at one time; the role comes with the first word and the end with the last, as it does from real servers. */
const pieces = Array.from({ length: CHUNKS }, (_, index) => {
  const role = index === 0 ? deltaOf({ role: 'assistant', content: '' }) : '';
  const end =
    index === CHUNKS - 1 ? `${deltaOf({}, 'stop')}${eventOf({ choices: [], usage: USAGE })}data: [DONE]\n\n` : '';
  return Buffer.from(`${role}${deltaOf({ content: wordAt(index) })}${end}`);
});

const streamTo = (response: ServerResponse, chunkMs: number): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let next = 0;
  const write = (): void => {
    const piece = pieces[next];
    next += 1;
    if (next >= CHUNKS) return void response.end(piece);
    response.write(piece);
    if (chunkMs > 0) setTimeout(write, chunkMs);
    else setImmediate(write);
  };
  write();
};

const server = createServer((request, response) => {
  const body: Buffer[] = [];
  request.on('data', (piece: Buffer) => body.push(piece));
  request.on('end', () => {
    const text = Buffer.concat(body).toString('latin1');
    if (text.includes('"stream":true')) return streamTo(response, paceIn(text));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length });
    response.end(whole);
  });
});

server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
