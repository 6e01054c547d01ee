// The load: requests to one port for a stated time, every answer held against what the upstream says, times taken where it matters.
import { quantile } from 'simple-statistics';
import { type Answer, type Connection, openConnection } from './connection.ts';
import { ANSWER, paceMark, STREAMED } from './words.ts';

export type LoadOrder = {
  readonly port: number;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly stream: boolean;
  readonly connections: number;
  readonly seconds: number;
  /** Characters of the prompt. */
  readonly size: number;
  /** Open loop: one request every so many ms, whatever has been answered; 0: as fast as answers come. */
  readonly everyMs: number;
  /** Between two chunks of a stream; 0: as fast as they go. */
  readonly chunkMs: number;
};

export type LoadResult = {
  readonly answers: number;
  readonly seconds: number;
  /** Of this process, in the same time. */
  readonly cpuSeconds: number;
  readonly firstP50: number;
  readonly firstP99: number;
  readonly p50: number;
  readonly p99: number;
};

const requestOf = ({ model, headers, stream, size, chunkMs }: LoadOrder): Buffer => {
  const content = `${paceMark(chunkMs)}${'Where is my parcel? '.repeat(Math.ceil(size / 20))}`.slice(0, size);
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }], ...(stream ? { stream } : {}) });
  const all = { host: '127.0.0.1', 'content-type': 'application/json', 'content-length': body.length, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
};

const CONTENT = /"content":"((?:[^"\\]|\\.)*)"/g;

/** A fast answer that is wrong is worth nothing: the text must be all there, in order, and the stream must have been ended. */
const check = ({ status, body }: Answer, stream: boolean): void => {
  const said = [...body.matchAll(CONTENT)].map(([, text]) => text).join('');
  const isWhole = said === (stream ? STREAMED : ANSWER) && (!stream || body.trimEnd().endsWith('data: [DONE]'));
  if (status !== 200 || !isWhole) throw new Error(`not the upstream's answer (${status}): ${body.slice(0, 300)}`);
};

const run = async (order: LoadOrder): Promise<LoadResult> => {
  const request = requestOf(order);
  const connections = await Promise.all(Array.from({ length: order.connections }, () => openConnection(order.port)));
  const firstMs: number[] = [];
  const totalMs: number[] = [];
  const ask = async (connection: Connection, waitedMs: number): Promise<void> => {
    const answer = await connection.ask(request);
    check(answer, order.stream);
    firstMs.push(waitedMs + answer.firstMs);
    totalMs.push(waitedMs + answer.totalMs);
  };
  const cpu = process.cpuUsage();
  const began = performance.now();
  const until = began + order.seconds * 1000;

  const saturate = async (connection: Connection): Promise<void> => {
    while (performance.now() < until) await ask(connection, 0);
  };
  /** A request whose turn has come and finds no free connection waits for one, and its wait counts. */
  const pace = async (): Promise<void> => {
    const free = [...connections];
    const waiting: (() => void)[] = [];
    const underWay: Promise<void>[] = [];
    const one = async (): Promise<void> => {
      const due = performance.now();
      if (free.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      const connection = free.pop();
      if (!connection) throw new Error('woken without a connection');
      await ask(connection, performance.now() - due);
      free.push(connection);
      waiting.shift()?.();
    };
    for (let due = began; due < until; due += order.everyMs) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      underWay.push(one());
    }
    await Promise.all(underWay);
  };

  await (order.everyMs > 0 ? pace() : Promise.all(connections.map(saturate)));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  for (const connection of connections) connection.close();
  return {
    answers: totalMs.length,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    firstP50: quantile(firstMs, 0.5),
    firstP99: quantile(firstMs, 0.99),
    p50: quantile(totalMs, 0.5),
    p99: quantile(totalMs, 0.99),
  };
};

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.({ result }),
    (fault: unknown) => process.send?.({ fault: String(fault) }),
  );
});
