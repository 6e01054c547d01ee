// The limit to measure against: node:http in, JSON parsed, the model changed, JSON written, undici dispatch out, bytes back. It decides nothing.
import { createServer } from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(`http://127.0.0.1:${process.argv[3]}`, { connections: 64, pipelining: 1 });

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>;
    body['model'] = 'bench-model';
    pool.dispatch(
      {
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_, status, headers) => {
          response.writeHead(status, { 'content-type': String(headers['content-type']) });
        },
        onResponseData: (controller, data) => {
          if (response.write(data)) return;
          controller.pause();
          response.once('drain', () => controller.resume());
        },
        onResponseEnd: () => void response.end(),
        onResponseError: () => void response.writeHead(502).end(),
      },
    );
  });
});

server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'));
