// A provider that costs next to nothing: answers chat completions at once, whole or as a stream of 64 chunks.
import { createServer } from 'node:http';

const MODEL = 'bench-model';
const WORDS = 64;
const USAGE = { prompt_tokens: 24, completion_tokens: WORDS, total_tokens: 24 + WORDS };

const whole = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1,
  model: MODEL,
  choices: [{ index: 0, message: { role: 'assistant', content: 'lorem '.repeat(150) }, finish_reason: 'stop' }],
  usage: USAGE,
});

const chunk = (delta: object, finish: string | null, usage?: object): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: MODEL, choices: usage ? [] : [{ index: 0, delta, finish_reason: finish }], ...(usage ? { usage } : {}) })}\n\n`;

const pieces = [
  chunk({ role: 'assistant', content: '' }, null),
  ...Array.from({ length: WORDS }, (_, index) => chunk({ content: `word${index} ` }, null)),
  chunk({}, 'stop'),
  chunk({}, null, USAGE),
  'data: [DONE]\n\n',
];

const server = createServer((request, response) => {
  const body: Buffer[] = [];
  request.on('data', (piece: Buffer) => body.push(piece));
  request.on('end', () => {
    if (!Buffer.concat(body).includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(whole) });
      response.end(whole);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let next = 0;
    const write = (): void => {
      const piece = pieces[next];
      next += 1;
      if (piece === undefined) response.end();
      else response.write(piece, () => setImmediate(write));
    };
    write();
  });
});

server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'));
