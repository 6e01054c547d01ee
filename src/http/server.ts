// The HTTP server, put together: Fastify with its limits, the door, the routes. It does not listen; whoever builds it does.
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import type { AddressList } from '../auth/addresses.ts';
import type { Keyring } from '../auth/keys.ts';
import type { Clock } from '../core/ports.ts';
import type { DryRun, Route } from '../route.ts';
import { createAdmission } from './admission.ts';
import { createListeners, type Listeners } from './client.ts';
import { guardDoor } from './door.ts';
import { ENDPOINTS } from './endpoints.ts';
import { createErrorReply } from './error-reply.ts';
import { type Body, bodyFault } from './input.ts';
import { DEFAULT_LIMITS, type HttpLimits } from './limits.ts';
import type { MarketBoard } from './listing.ts';
import type { Metrics } from './metrics.ts';
import { openapiDocument } from './openapi.ts';
import type { Records } from './records.ts';
import { mountChat } from './routes/chat.ts';
import { mountDecisions } from './routes/decisions.ts';
import { mountFeedback } from './routes/feedback.ts';
import { mountHealth, type Readiness } from './routes/health.ts';
import { mountMetrics } from './routes/metrics.ts';
import { type ListedPolicy, mountModels } from './routes/models.ts';
import { mountOpenapi } from './routes/openapi.ts';
import { mountPriceHistory } from './routes/price-history.ts';
import { mountPriceReport } from './routes/price-report.ts';
import { mountPrices } from './routes/prices.ts';
import { mountReports } from './routes/reports.ts';
import { mountRoute } from './routes/route.ts';
import { createLagMeter, createPressure, type LagMeter } from './pressure.ts';
import { createSocketFaults } from './socket-fault.ts';

export type Pipeline = {
  /** Rejects with RouterError only; resolves at the commit point. */
  readonly route: Route;
  readonly dryRun: DryRun;
};

export type Entry = {
  readonly keyring: Keyring;
  readonly addresses: AddressList;
  /** A fresh id for one request: [A-Za-z0-9._-], at most 64 characters. */
  readonly requestId: () => string;
};

export type Operations = {
  readonly ready: () => Readiness;
  /** Fires when what is still being answered must end now; streams get an error event. Closing the server alone waits for them. */
  readonly stop?: AbortSignal;
  /** What this process has to do without for now; told on every answer. Absent: nothing ever. */
  readonly degraded?: () => readonly string[];
  readonly metrics: Metrics;
  readonly version: string;
  /** How late this process is; absent: measured. */
  readonly lag?: LagMeter;
  readonly log: {
    readonly level: 'silent' | 'error' | 'warn' | 'info' | 'debug';
    readonly stream?: { write(line: string): void };
  };
};

export type ServerDeps = {
  readonly pipeline: Pipeline;
  readonly entry: Entry;
  readonly market: MarketBoard;
  readonly policies: () => readonly ListedPolicy[];
  readonly records: Records;
  readonly operations: Operations;
  readonly clock: Clock;
  readonly limits?: HttpLimits;
};

/** Everything a log line may hold of a request, a reply or an error. What is not here is not logged. */
const SERIALIZERS = {
  req: ({ method }: FastifyRequest) => ({ method }),
  res: ({ statusCode }: { readonly statusCode?: number }) => (statusCode === undefined ? {} : { statusCode }),
  err: ({ name, code }: FastifyError) => ({ type: name, message: '', stack: '', code }),
};

type Parts = {
  readonly errorReply: ReturnType<typeof createErrorReply>;
  readonly faults: ReturnType<typeof createSocketFaults>;
};

const createApp = ({ operations: { log }, entry }: ServerDeps, { sizes, times }: HttpLimits, parts: Parts) =>
  fastify({
    http: {
      headersTimeout: times.headersMs,
      connectionsCheckingInterval: times.sweepMs,
      maxHeaderSize: sizes.headerBytes,
      // Asked for at the door, where a refusal has a body.
      requireHostHeader: false,
    },
    requestTimeout: times.receiveMs,
    keepAliveTimeout: times.keepAliveMs,
    bodyLimit: sizes.bodyBytes,
    trustProxy: false,
    return503OnClosing: false,
    genReqId: entry.requestId,
    requestIdHeader: false,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    logger: { level: log.level, serializers: SERIALIZERS, ...(log.stream ? { stream: log.stream } : {}) },
    frameworkErrors: parts.errorReply,
    clientErrorHandler: parts.faults.answer,
  });

/** JSON and nothing else; its shape is judged on the bytes before it is parsed. */
const takeJsonOnly = (app: FastifyInstance): void => {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    request.visit?.ticket?.hold(bytes.length);
    const fault = bodyFault(bytes);
    if (fault) return done(fault);
    return parse(request, bytes.toString('utf8'), (error, json: unknown) =>
      done(error, { json, bytes: bytes.length } satisfies Body),
    );
  });
};

type Inside = { readonly limits: HttpLimits; readonly listeners: Listeners };

const mountRoutes = (app: FastifyInstance, deps: ServerDeps, { limits, listeners }: Inside): void => {
  const { pipeline, market, policies, records, operations, clock } = deps;
  const { metrics } = operations;
  const document = openapiDocument(ENDPOINTS, operations.version);
  const { refused } = metrics;
  mountChat(app, { route: pipeline.route, tokens: records.tokens, refused, listeners, clock, limits });
  mountModels(app, { market, policies });
  mountFeedback(app, { records, clock });
  mountRoute(app, pipeline.dryRun);
  mountDecisions(app, { records });
  mountPrices(app, { market, clock });
  mountReports(app, { ledger: records.ledger, clock });
  mountPriceHistory(app, { market, prices: records.prices.history, clock });
  mountPriceReport(app, { ...records.prices, prices: records.prices.history, clock });
  mountHealth(app, operations.ready);
  mountMetrics(app, metrics.registry);
  mountOpenapi(app, () => document);
};

export const createServer = (deps: ServerDeps): FastifyInstance => {
  const limits = deps.limits ?? DEFAULT_LIMITS;
  const { metrics } = deps.operations;
  const faults = createSocketFaults();
  const errorReply = createErrorReply({ refused: metrics.refused });
  const app = createApp(deps, limits, { errorReply, faults });
  faults.watch(app.server);
  app.server.maxConnections = limits.sizes.connections;
  const admission = createAdmission(limits.sizes);
  metrics.inFlight(() => admission.inside().requests);
  const meter = deps.operations.lag ?? createLagMeter();
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onClose', (_app, done) => {
    meter.stop();
    done();
  });
  app.setErrorHandler(errorReply);
  app.decorateRequest('visit');
  takeJsonOnly(app);
  guardDoor(app, {
    keyring: deps.entry.keyring,
    addresses: deps.entry.addresses,
    clock: deps.clock,
    admission,
    pressure: createPressure({ clock: deps.clock, meter, lagMs: limits.times.lagMs }),
    endpoints: ENDPOINTS,
    bodyBytes: limits.sizes.bodyBytes,
    closing: () => closing,
    degraded: deps.operations.degraded ?? (() => []),
  });
  const listeners = createListeners();
  deps.operations.stop?.addEventListener('abort', () => {
    closing = true;
    listeners.stop();
  });
  mountRoutes(app, deps, { limits, listeners });
  return app;
};
