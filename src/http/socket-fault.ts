// What a client is told when its bytes never became a request: too slow, too long, or not HTTP.
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { RouterError } from '../core/errors.ts';
import { errorAnswer } from './error-body.ts';

type Fault = Error & { readonly code?: string };

const errorOf = (code: string | undefined): RouterError => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new RouterError('invalid_request', 'The request did not arrive in time.', { status: 408 });
    case 'HPE_HEADER_OVERFLOW':
      return new RouterError('invalid_request', 'The headers are too large.', { status: 431 });
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new RouterError('request_too_large', 'The chunk extensions are too large.');
    default:
      return new RouterError('invalid_request', 'This is not a well-formed HTTP/1.1 request.');
  }
};

const EXPECTATION = new RouterError('invalid_request', 'The only expectation this server meets is 100-continue.', {
  status: 417,
});

const jsonHeaders = (body: object): Record<string, string> => ({
  'content-type': 'application/json; charset=utf-8',
  'content-length': String(Buffer.byteLength(JSON.stringify(body))),
});

const bytesOf = (error: RouterError): string => {
  const { status, headers, body } = errorAnswer(error);
  const lines = Object.entries({ ...headers, ...jsonHeaders(body), connection: 'close' });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Bad Request'}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ];
  return `${head.join('\r\n')}\r\n\r\n${JSON.stringify(body)}`;
};

/** Answers faults on the bare socket. A socket that is in the middle of a response is cut instead: bytes of ours would land inside it. */
export const createSocketFaults = () => {
  const answering = new WeakMap<Duplex, ServerResponse>();
  return {
    watch: (server: Server): void => {
      server.on('request', (request, response) => answering.set(request.socket, response));
      server.on('checkExpectation', (_request, response) => {
        const { status, headers, body } = errorAnswer(EXPECTATION);
        response.writeHead(status, { ...headers, ...jsonHeaders(body), connection: 'close' });
        response.end(JSON.stringify(body));
      });
    },
    answer: (fault: Fault, socket: Duplex): void => {
      const response = answering.get(socket);
      const midway = response !== undefined && response.headersSent && !response.writableFinished;
      if (fault.code === 'ECONNRESET' || !socket.writable || midway) {
        socket.destroy();
        return;
      }
      socket.end(bytesOf(errorOf(fault.code)), () => socket.destroy());
    },
  };
};
