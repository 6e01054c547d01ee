// The load: a bounded number of requests to one port, each answer checked, times to first and last byte measured.
import { Pool } from 'undici';

export type LoadOrder = {
  readonly port: number;
  readonly path: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly stream: boolean;
  readonly concurrency: number;
  readonly requests: number;
  /** Characters of the prompt. */
  readonly size: number;
  /** Open loop: one request every so many ms; 0: as fast as answers come. */
  readonly everyMs: number;
};

export type LoadResult = {
  readonly seconds: number;
  readonly firstMs: readonly number[];
  readonly totalMs: readonly number[];
  readonly failed: number;
};

const send = (pool: Pool, order: LoadOrder, body: string) =>
  new Promise<{ firstMs: number; totalMs: number; ok: boolean }>((resolve) => {
    const began = performance.now();
    let firstMs = 0;
    let status = 0;
    let tail = '';
    const end = (ok: boolean): void => resolve({ firstMs, totalMs: performance.now() - began, ok });
    pool.dispatch(
      { path: order.path, method: 'POST', headers: { 'content-type': 'application/json', ...order.headers }, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_, code) => {
          status = code;
        },
        onResponseData: (_, data) => {
          if (firstMs === 0) firstMs = performance.now() - began;
          tail = (tail + data.toString('latin1')).slice(-256);
        },
        onResponseEnd: () => end(status === 200 && tail.includes(order.stream ? '[DONE]' : '}')),
        onResponseError: () => end(false),
      },
    );
  });

const run = async (order: LoadOrder): Promise<LoadResult> => {
  const pool = new Pool(`http://127.0.0.1:${order.port}`, { connections: order.concurrency, pipelining: 1 });
  const message = {
    role: 'user',
    content: 'Where is my parcel? '.repeat(Math.ceil(order.size / 20)).slice(0, order.size),
  };
  const body = JSON.stringify({ model: order.model, messages: [message], ...(order.stream ? { stream: true } : {}) });
  const firstMs: number[] = [];
  const totalMs: number[] = [];
  let failed = 0;
  let sent = 0;
  const one = async (): Promise<void> => {
    const result = await send(pool, order, body);
    if (!result.ok) failed += 1;
    firstMs.push(result.firstMs);
    totalMs.push(result.totalMs);
  };
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (sent < order.requests) {
      sent += 1;
      await one();
    }
  };
  const paced = async (): Promise<void> => {
    const under: Promise<void>[] = [];
    for (; sent < order.requests; sent += 1) {
      const due = began + sent * order.everyMs;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      under.push(one());
    }
    await Promise.all(under);
  };
  if (order.everyMs > 0) await paced();
  else await Promise.all(Array.from({ length: order.concurrency }, worker));
  const seconds = (performance.now() - began) / 1000;
  await pool.close();
  return { seconds, firstMs, totalMs, failed };
};

process.on('message', (order: LoadOrder) => {
  void run(order).then((result) => process.send?.(result));
});
