// The real HTTP server over a scripted pipeline: what the http tests talk to, in process or over sockets.
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { createAddressList } from '../../src/auth/addresses.ts';
import { createFeedbackTokens } from '../../src/auth/feedback-token.ts';
import { createKeyring } from '../../src/auth/keys.ts';
import type { Ask } from '../../src/core/ask.ts';
import type { Frame } from '../../src/core/chat.ts';
import type { Decision } from '../../src/core/decision.ts';
import type { BillCheck, PriceRecord } from '../../src/core/price-history.ts';
import type { Feedback, Range, RequestView, SpendKey, SpendRow } from '../../src/core/ledger.ts';
import { nanoUsd } from '../../src/core/money.ts';
import type { Outcome, Run } from '../../src/core/outcome.ts';
import type { Clock } from '../../src/core/ports.ts';
import { DEFAULT_LIMITS, type HttpLimits } from '../../src/http/limits.ts';
import { createMetrics, type KnownNames } from '../../src/http/metrics.ts';
import type { Readiness } from '../../src/http/routes/health.ts';
import { createServer, type ServerDeps } from '../../src/http/server.ts';
import { systemClock } from '../../src/world.ts';
import { fullDecision, keyOf, outcomeOf } from './ledger.ts';

export const TOKEN_SECRET = 'a secret of the tests, long enough';

export type Script = {
  readonly frames: readonly Frame[] | ((ask: Ask) => AsyncIterable<Frame>);
  readonly outcome?: Partial<Outcome>;
  readonly offer?: string;
};

async function* playing(frames: readonly Frame[]): AsyncIterable<Frame> {
  for (const frame of frames) yield frame;
}

/** A committed run that plays frames and settles as told. */
export const runOf = (ask: Ask, { frames, outcome, offer = 'lumen:lumen/spark' }: Script): Run => ({
  decision: fullDecision(ask.requestId),
  offer: keyOf(offer),
  attempts: 1,
  answer: typeof frames === 'function' ? frames(ask) : playing(frames),
  settled: Promise.resolve(
    outcomeOf(ask.requestId, { cost: nanoUsd(12_345), baselineCost: nanoUsd(98_765_000), ...outcome }),
  ),
});

export type Scene = {
  readonly route?: (ask: Ask) => Promise<Run>;
  readonly deps?: Partial<ServerDeps>;
  readonly keys?: Parameters<typeof createKeyring>[0];
  readonly sizes?: Partial<HttpLimits['sizes']>;
  readonly times?: Partial<HttpLimits['times']>;
  readonly clock?: Clock;
  readonly requests?: ReadonlyMap<string, RequestView>;
  readonly spend?: (range: Range, by: SpendKey) => readonly SpendRow[];
  readonly stop?: AbortSignal;
  readonly ready?: () => Readiness;
  readonly known?: KnownNames;
  /** What the database has of prices, oldest first. */
  readonly changes?: readonly PriceRecord[];
  readonly decisions?: readonly Decision[];
  readonly billChecks?: readonly BillCheck[];
  readonly degraded?: () => readonly string[];
};

export type Stage = {
  readonly app: FastifyInstance;
  readonly lines: string[];
  readonly feedback: Feedback[];
  readonly asks: Ask[];
};

const nothingScripted = (): never => {
  throw new Error('no run was scripted');
};

export const buildServer = (scene: Scene = {}): Stage => {
  const lines: string[] = [];
  const feedback: Feedback[] = [];
  const asks: Ask[] = [];
  const clock = scene.clock ?? systemClock;
  let ids = 0;
  const app = createServer({
    pipeline: {
      route: (ask) => {
        asks.push(ask);
        return scene.route ? scene.route(ask) : nothingScripted();
      },
      dryRun: (ask) => {
        asks.push(ask);
        return fullDecision(ask.requestId);
      },
    },
    entry: {
      keyring: createKeyring(scene.keys ?? []),
      addresses: createAddressList([]),
      requestId: () => {
        ids += 1;
        return `req-${ids}`;
      },
    },
    market: { offers: () => [], sellers: () => [], nearest: () => [], history: () => [] },
    policies: () => [],
    records: {
      ledger: {
        request: (id) => Promise.resolve(scene.requests?.get(id)),
        spend: async (range, by) => scene.spend?.(range, by) ?? [],
      },
      feedback: (one) => {
        feedback.push(one);
        return Promise.resolve();
      },
      tokens: createFeedbackTokens(TOKEN_SECRET),
      prices: {
        history: {
          of: async (offer, { from, to, limit }) =>
            (scene.changes ?? [])
              .filter((change) => change.offer === offer && change.observedAt >= from && change.observedAt < to)
              .slice(-limit),
          within: async () => scene.changes ?? [],
        },
        traffic: {
          decisions: async function* () {
            yield scene.decisions ?? [];
          },
        },
        billChecks: () => scene.billChecks ?? [],
      },
    },
    operations: {
      ...(scene.stop ? { stop: scene.stop } : {}),
      ...(scene.degraded ? { degraded: scene.degraded } : {}),
      ready: scene.ready ?? (() => ({ ready: true, reasons: [] })),
      metrics: createMetrics({
        known: scene.known ?? { policy: () => true, provider: () => true, offer: () => true },
        process: false,
      }),
      version: '0.0.0-test',
      log: { level: 'info', stream: { write: (line) => void lines.push(line) } },
    },
    clock,
    limits: {
      sizes: { ...DEFAULT_LIMITS.sizes, ...scene.sizes },
      times: { ...DEFAULT_LIMITS.times, ...scene.times },
    },
    ...scene.deps,
  });
  return { app, lines, feedback, asks };
};

export type Listening = Stage &
  AsyncDisposable & { readonly url: string; readonly port: number; readonly openai: OpenAI };

/** On loopback, with the real client pointed at it; the client does not retry unless told. */
export const startServer = async (
  scene: Scene = {},
  options: { apiKey?: string; maxRetries?: number } = {},
): Promise<Listening> => {
  const stage = buildServer(scene);
  await stage.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = stage.app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0, ...options });
  const stop = async (): Promise<void> => {
    stage.app.server.closeAllConnections();
    await stage.app.close();
  };
  return { ...stage, url, port, openai, [Symbol.asyncDispose]: stop };
};
