// A provider on a real socket that does what its script for the model says, logs every call, and keeps its own bill.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { DialectName } from '../../../src/core/dialect.ts';
import type { Clock } from '../../../src/core/ports.ts';
import { type Act, healthy, JSON_TYPE, type Script } from './acts.ts';
import { type Order, orderOf } from './answer.ts';
import { billOf, type BillingRule, type Prices, type Work } from './bill.ts';
import { createRequestReader, createResponse, type Request } from './http-wire.ts';
import { play } from './perform.ts';
import { voiceOf } from './voice.ts';

export type ProviderSpec = {
  readonly seller: string;
  readonly dialect: DialectName;
  readonly prices: Prices;
  readonly billing: BillingRule;
  readonly seed: number;
  readonly clock: Clock;
};

/** One call as the provider saw it. Times are the clock's. */
export type SeenCall = Order & {
  readonly seller: string;
  readonly at: number;
  goneAt?: number;
  ended: Work['ended'];
  made: number;
  planned: number;
  status: number | undefined;
  readonly bytes: () => number;
};

export type TruthBill = {
  readonly url: string;
  readonly spec: ProviderSpec;
  readonly calls: SeenCall[];
  /** From now on calls of this model play this script; also POST /control {"model", "script"} with the name of one. */
  set(model: string, script: Script): void;
  /** How a call is charged, by the rule of its model. */
  bill(call: SeenCall): bigint;
  ruleOf(model: string): BillingRule;
  /** Overrides the rule for one model. */
  charge(model: string, rule: BillingRule): void;
  /** Sockets with a call under way. */
  busy(): number;
  /** Sockets open at all. */
  sockets(): number;
  close(): Promise<void>;
};

const plannedOf = (script: readonly Act[], { maxTokens }: Order): number => {
  const told = script.reduce((sum, act) => sum + (act.act === 'tokens' ? act.count : act.act === 'tool' ? 1 : 0), 0);
  const endless = script.some(({ act }) => act === 'forever' || act === 'whole' || act === 'silence');
  return Math.min(maxTokens, Math.max(told, endless ? 60 : 0));
};

const keyOf = ({ headers }: Request): string =>
  headers['authorization'] ?? headers['x-api-key'] ?? headers['x-goog-api-key'] ?? '';

const openCall = (
  { seller, clock }: ProviderSpec,
  socket: Socket,
  order: Order & { readonly planned: number },
): SeenCall => {
  const before = socket.bytesWritten;
  return {
    ...order,
    seller,
    at: clock.elapsed(),
    ended: 'open',
    made: 0,
    status: undefined,
    bytes: () => socket.bytesWritten - before,
  };
};

export type NamedScripts = Readonly<Record<string, Script>>;

export const startProvider = async (spec: ProviderSpec, named: NamedScripts = {}): Promise<TruthBill> => {
  const calls: SeenCall[] = [];
  const scripts = new Map<string, { readonly script: Script; calls: number }>();
  const rules = new Map<string, BillingRule>();
  const open = new Set<Socket>();
  const busy = new Set<SeenCall>();
  const ruleOf = (model: string): BillingRule => rules.get(model) ?? spec.billing;
  const set = (model: string, script: Script): void => void scripts.set(model, { script, calls: 0 });
  const scriptFor = (model: string) => {
    const known = scripts.get(model) ?? { script: named[model] ?? healthy, calls: 0 };
    scripts.set(model, known);
    known.calls += 1;
    return known;
  };

  const control = async (socket: Socket, { body }: Request): Promise<void> => {
    const { model, script } = JSON.parse(body) as { readonly model: string; readonly script: string };
    const found = named[script];
    if (found) set(model, found);
    const response = createResponse(socket);
    await response.head(found ? 204 : 404, JSON_TYPE, 0);
  };

  const serve = async (socket: Socket, request: Request): Promise<void> => {
    const order = orderOf(spec.dialect, request);
    const known = scriptFor(order.model);
    const call = known.calls;
    const acts = known.script({ stream: order.stream, call, at: spec.clock.elapsed() });
    const seen = openCall(spec, socket, { ...order, planned: plannedOf(acts, order) });
    calls.push(seen);
    busy.add(seen);
    const leaving = new AbortController();
    const onClose = (): void => {
      seen.goneAt = spec.clock.elapsed();
      leaving.abort();
    };
    if (socket.destroyed) onClose();
    else socket.once('close', onClose);
    seen.ended = await play(
      {
        socket,
        order,
        call,
        tally: seen,
        seller: spec.seller,
        seed: spec.seed,
        clock: spec.clock,
        response: createResponse(socket),
        voice: voiceOf(spec.dialect),
        key: keyOf(request),
        left: leaving.signal,
      },
      acts,
    );
    socket.off('close', onClose);
    busy.delete(seen);
  };

  const server = createServer((socket) => {
    open.add(socket);
    const read = createRequestReader();
    socket.on('data', (piece: Buffer) => {
      const request = read(piece);
      if (request) void (request.path === '/control' ? control(socket, request) : serve(socket, request));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spec,
    calls,
    set,
    bill: (call) => billOf(call, spec.prices, ruleOf(call.model)),
    ruleOf,
    charge: (model, rule) => void rules.set(model, rule),
    busy: () => busy.size,
    sockets: () => open.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
};
