// Requests of undici answered in this process, for unit tests that need an upstream's words and not its socket. What nobody handles is an error.
import { HttpRequestInterceptor } from '@mswjs/interceptors/http';
import type { AnyHandler } from 'msw';
import { defineNetwork, InterceptorSource } from 'msw/experimental';

/** setupServer does not see undici's sockets; this does. Timing, backpressure and resets need test/support/upstream.ts instead. */
export const createNetwork = (...handlers: readonly AnyHandler[]) =>
  defineNetwork({
    sources: [new InterceptorSource({ interceptors: [new HttpRequestInterceptor()] })],
    handlers: [...handlers],
    onUnhandledFrame: 'error',
    context: { quiet: true },
  });
