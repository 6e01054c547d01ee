// Addresses where nobody sells anything: a name that does not exist, a closed port, a bad certificate, a reset handshake, a hole.
import { generateKeyPairSync, sign } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Worker } from 'node:worker_threads';

/** ASN.1, just enough for one certificate (X.690 §8). */
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const long = body.length > 127;
  return Buffer.concat([
    Buffer.from(long ? [tag, 0x82, body.length >> 8, body.length & 0xff] : [tag, body.length]),
    body,
  ]);
};
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const oid = (...bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes));
const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** Self-signed, for 127.0.0.1, good for one day in 2020. */
const expiredCertificate = (): { readonly key: string; readonly cert: string } => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const name = sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('127.0.0.1')))));
  const day = (text: string): Buffer => der(0x17, Buffer.from(text));
  const body = sequence(
    der(0x02, Buffer.from([1])),
    ECDSA_SHA256,
    name,
    sequence(day('200101000000Z'), day('200102000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const cert = sequence(body, ECDSA_SHA256, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${cert}\n-----END CERTIFICATE-----\n`,
  };
};

const portOf = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** Listens and never accepts: its queue is filled, so the next caller's handshake gets no answer. */
const BLACK_HOLE = `
const { createServer } = require('node:net');
const { parentPort } = require('node:worker_threads');
const server = createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 20);
});`;
const QUEUE = 4;

const openBlackHole = async () => {
  const worker = new Worker(BLACK_HOLE, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  await new Promise((resolve) => setTimeout(resolve, 60));
  const fillers = Array.from({ length: QUEUE }, (): Socket => connect(port, '127.0.0.1').on('error', () => undefined));
  const close = async (): Promise<void> => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  };
  return { port, close };
};

export type DeadEnds = {
  /** Base URLs by the name of the seller. */
  readonly urls: Readonly<Record<'nowhere' | 'refused' | 'expired' | 'tlsreset' | 'blackhole', string>>;
  close(): Promise<void>;
};

export const openDeadEnds = async (): Promise<DeadEnds> => {
  const closed = createServer();
  const refused = await portOf(closed);
  await new Promise((resolve) => closed.close(resolve));
  const expired = createTlsServer(expiredCertificate()).on('tlsClientError', () => undefined);
  const resetting = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.resetAndDestroy());
  });
  const hole = await openBlackHole();
  const [expiredPort, resetPort] = [await portOf(expired), await portOf(resetting)];
  return {
    urls: {
      // A label longer than a name may have: no resolver is asked.
      nowhere: `http://${'x'.repeat(64)}.invalid/v1`,
      refused: `http://127.0.0.1:${refused}/v1`,
      expired: `https://127.0.0.1:${expiredPort}/v1`,
      tlsreset: `https://127.0.0.1:${resetPort}/v1`,
      blackhole: `http://127.0.0.1:${hole.port}/v1`,
    },
    close: async () => {
      expired.close();
      resetting.close();
      await hole.close();
    },
  };
};
