// The limit to measure against: node:http in, JSON parsed, the model changed, JSON written, undici dispatch out, bytes back. It decides nothing.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { MODEL } from './words.ts';

const pool = new Pool(`http://127.0.0.1:${process.argv[3]}`, { connections: 256, pipelining: 1 });

const relay = (sent: Buffer, response: ServerResponse): void => {
  const body = JSON.parse(sent.toString()) as Record<string, unknown>;
  body['model'] = MODEL;
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
      onResponseError: (_, fault) => {
        console.error(fault);
        response.destroy();
      },
    },
  );
};

const take = (request: IncomingMessage, response: ServerResponse): void => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    // Asked whether it is up, it is.
    if (request.method === 'POST') relay(Buffer.concat(pieces), response);
    else response.end();
  });
};

const server = createServer(take);
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
