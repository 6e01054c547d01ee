// POST /v1/chat/completions: a request in, a run out as JSON or as events. Nothing is sent before the run is committed.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { FeedbackTokens } from '../../auth/feedback-token.ts';
import type { Ask } from '../../core/ask.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { Run } from '../../core/outcome.ts';
import type { Clock } from '../../core/ports.ts';
import { createChatWriter } from '../../dialects/chat-writer.ts';
import type { Route } from '../../route.ts';
import { billOf, brokenError, gather, leftError, relay } from '../answer.ts';
import { askHeaders, askOf, chatBody } from '../ask.ts';
import { isStopped, type Listeners } from '../client.ts';
import { type Endpoint, serve } from '../endpoint.ts';
import { openEventStream } from '../event-stream.ts';
import { traceOf } from '../fault.ts';
import type { HttpLimits } from '../limits.ts';
import { costFields, costHeaders, modelOf, runHeaders, usageOf } from '../run-headers.ts';

export type ChatDeps = {
  /** Rejects with RouterError only; resolves at the commit point. */
  readonly route: Route;
  readonly tokens: FeedbackTokens;
  readonly listeners: Listeners;
  readonly clock: Clock;
  readonly limits: HttpLimits;
  readonly refused: (code: string) => void;
};

const usage = z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number(), total_tokens: z.number() });

export const chatEndpoint: Endpoint = {
  method: 'POST',
  path: '/v1/chat/completions',
  summary: 'OpenAI chat completions, sent to the offer that gives the most for the money',
  access: 'key',
  input: { body: chatBody, headers: askHeaders },
  answers: {
    'application/json': z.looseObject({
      id: z.string().describe('The request id: for feedback and /v1/decisions/{id}'),
      object: z.literal('chat.completion'),
      model: z.string().describe('The model that answered'),
      choices: z.array(z.looseObject({ index: z.number(), finish_reason: z.string() })),
      usage,
    }),
    'text/event-stream': z
      .string()
      .describe('chat.completion.chunk events, then [DONE]; an error event and no [DONE] when it breaks'),
  },
  errors: [
    'unsupported_parameter',
    'context_length_exceeded',
    'content_refused',
    'model_not_allowed',
    'model_not_found',
    'rate_limit_exceeded',
    'budget_exhausted',
    'upstream_exhausted',
    'upstream_credential',
    'stream_interrupted',
    'no_candidate',
    'ledger_unavailable',
    'upstream_timeout',
  ],
};

type Exchange = { readonly ask: Ask; readonly run: Run; readonly reply: FastifyReply };

const BROKEN = 'The answer broke off before it was complete; what came before this is a part. Send the request again.';

const writerFor = ({ ask, run }: Exchange, clock: Clock) =>
  createChatWriter({
    id: ask.requestId,
    created: Math.floor(clock.now() / 1000),
    model: modelOf(run),
    includeUsage: ask.request.includeUsage,
  });

const createAnswers = ({ tokens, clock, limits, refused }: ChatDeps) => {
  const headersOf = ({ ask, run }: Exchange): Record<string, string> =>
    runHeaders(run, tokens.sign({ requestId: ask.requestId, caller: ask.caller.id, at: clock.now() }));

  const whole = async (exchange: Exchange): Promise<object> => {
    const { ask, run, reply } = exchange;
    const { ending, frames } = await gather(run, { signal: ask.signal, most: limits.sizes.answerFrames });
    if (ending === 'gone') throw leftError(ask.signal);
    const outcome = await billOf(run, clock, limits.times.billMs);
    if (ending === 'broken') throw brokenError(outcome, run.attempts);
    reply.headers({ ...headersOf(exchange), ...costHeaders(outcome) });
    return writerFor(exchange, clock).whole(frames, costFields(outcome), usageOf(outcome));
  };

  /** The response is ours from here on: whatever happens, it is ended here. */
  const stream = async (exchange: Exchange): Promise<void> => {
    const { ask, run, reply } = exchange;
    const note = (code: ErrorCode): void => {
      refused(code);
      if (reply.request.visit) reply.request.visit.code = code;
    };
    const writer = writerFor(exchange, clock);
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    const events = openEventStream(reply.raw, headersOf(exchange), { clock, times: limits.times });
    const fail = (code: ErrorCode): Promise<void> => {
      note(code);
      return events.broken(writer.failure(BROKEN, code));
    };
    const ending = await relay(run, { signal: ask.signal, send: (frame) => events.send(writer.chunks(frame)) }).catch(
      (cause: unknown) => {
        reply.log.error({ trace: traceOf(cause) }, 'unforeseen');
        return 'bug' as const;
      },
    );
    switch (ending) {
      case 'complete': {
        if (ask.request.includeUsage) {
          const outcome = await billOf(run, clock, limits.times.billMs);
          await events.send([writer.usageChunk(costFields(outcome), usageOf(outcome))]);
        }
        return events.done();
      }
      case 'broken':
        return fail('stream_interrupted');
      case 'bug':
        return fail('internal');
      case 'gone':
        if (isStopped(ask.signal)) return fail('server_shutdown');
        note('client_closed');
        return undefined;
      default:
        return ending satisfies never;
    }
  };

  return { whole, stream };
};

export const mountChat = (app: FastifyInstance, deps: ChatDeps): void => {
  const answers = createAnswers(deps);
  serve(app, chatEndpoint, async (request, reply) => {
    const ask = askOf(request, deps.listeners.signalOf(reply.raw));
    const run = await deps.route(ask).catch((cause: unknown) => {
      throw isStopped(ask.signal) ? leftError(ask.signal) : cause;
    });
    const exchange = { ask, run, reply };
    if (!ask.request.stream) return answers.whole(exchange);
    reply.hijack();
    try {
      await answers.stream(exchange);
    } catch (cause) {
      // Headers are out, so the only honest thing left is to cut the connection.
      request.log.error({ trace: traceOf(cause) }, 'unforeseen');
      reply.raw.destroy();
    }
    return reply;
  });
};
