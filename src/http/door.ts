// Who comes in: every request passes here before its body is read. Cheap tests first, then the address, the key and the room inside.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AddressList } from '../auth/addresses.ts';
import type { Keyring } from '../auth/keys.ts';
import { RouterError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Admission } from './admission.ts';
import type { Pressure } from './pressure.ts';
import { type Endpoint, fastifyPath } from './endpoint.ts';
import { clientIdOf, logVisit, type Visit } from './visit.ts';

export type DoorDeps = {
  readonly keyring: Keyring;
  readonly addresses: AddressList;
  readonly clock: Clock;
  readonly admission: Admission;
  readonly pressure: Pressure;
  readonly endpoints: readonly Endpoint[];
  readonly bodyBytes: number;
  readonly closing: () => boolean;
  /** What this process has to do without for now. */
  readonly degraded: () => readonly string[];
};

/** Which methods a path has, for a request that no route took. */
export const createMethodsOf = (endpoints: readonly Endpoint[]): ((path: string) => readonly string[]) => {
  const patterns = endpoints.map(({ method, path }) => ({
    method,
    pattern: new RegExp(`^${fastifyPath(path).replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`),
  }));
  return (path) => patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
};

const hostsIn = (rawHeaders: readonly string[]): number =>
  rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;

/** What is wrong with the request as HTTP. Two Host headers let two machines read two different requests. */
const malformed = ({ raw, headers }: FastifyRequest): RouterError | undefined => {
  const hosts = hostsIn(raw.rawHeaders);
  if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1'))
    return new RouterError('invalid_request', 'Send exactly one Host header.');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    return new RouterError('unsupported_media_type', 'Send the body uncompressed, without content-encoding.');
  return undefined;
};

/** Bytes to keep room for: what is announced, or the most that can come. */
const announced = (request: FastifyRequest, most: number): number => {
  if (request.headers['transfer-encoding'] !== undefined) return most;
  const length = Number(request.headers['content-length'] ?? 0);
  return Number.isSafeInteger(length) ? Math.min(length, most) : most;
};

export const guardDoor = (app: FastifyInstance, deps: DoorDeps): void => {
  const methodsOf = createMethodsOf(deps.endpoints);

  const nowhere = (request: FastifyRequest): RouterError => {
    const methods = methodsOf(request.url.split('?', 1)[0] ?? '');
    if (methods.length === 0) return new RouterError('unknown_url', 'There is nothing at this URL; see /openapi.json.');
    const allow = methods.join(', ');
    return new RouterError('method_not_allowed', `This URL takes ${allow}.`, { headers: { allow } });
  };

  const refusal = (request: FastifyRequest, visit: Visit): RouterError | undefined => {
    const fault = malformed(request);
    if (fault) return fault;
    if (!deps.addresses.allows(request.raw.socket.remoteAddress))
      return new RouterError('forbidden', 'Requests from this address are not accepted.');
    if (request.is404) return nowhere(request);
    const access = request.routeOptions.config.endpoint?.access ?? 'key';
    if (access === 'open') return undefined;
    if (deps.closing()) return new RouterError('server_shutdown', 'This server is shutting down; try again.');
    const caller = deps.keyring.authenticate(request.headers.authorization);
    if (caller) visit.caller = caller;
    else if (access === 'key')
      return new RouterError('invalid_api_key', 'Send a valid API key as "authorization: Bearer …".');
    if (access === 'key' && request.method === 'POST' && deps.pressure.isHigh())
      return new RouterError('overloaded', 'This server does not keep up just now; try again in a moment.');
    const ticket = deps.admission.enter(request.method === 'POST' ? announced(request, deps.bodyBytes) : 0);
    if (!ticket) return new RouterError('overloaded', 'Too many requests are being answered right now; try again.');
    visit.ticket = ticket;
    return undefined;
  };

  app.addHook('onRequest', (request, reply, done) => {
    const clientId = clientIdOf(request);
    const visit: Visit = { startedAt: deps.clock.elapsed(), ...(clientId === undefined ? {} : { clientId }) };
    request.visit = visit;
    reply.headers({
      'x-bourse-request-id': request.id,
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    const lacking = deps.degraded();
    if (lacking.length > 0) reply.header('x-bourse-degraded', lacking.join(', '));
    reply.raw.once('close', () => {
      visit.ticket?.leave();
      logVisit(request, reply, { ...visit, ms: deps.clock.elapsed() - visit.startedAt });
      // Kept alive for a next request that will not be taken, it would hold up the end.
      if (deps.closing()) setImmediate(() => app.server.closeIdleConnections());
    });
    done(refusal(request, visit));
  });
};
