// When an answer has lost its purpose: the client has gone, or the server stops. Fastify's request.signal is no use, it fires once a body is read.
import type { ServerResponse } from 'node:http';

const STOPPED = new Error('the server stops');

export type Listeners = {
  /** Fires when the connection closes before the answer is out, in whatever phase, or when all are stopped; never after a whole answer. */
  signalOf(response: ServerResponse): AbortSignal;
  /** Ends whatever is still being answered. */
  stop(): void;
};

/** True where it was us who left, and the client still listens. */
export const isStopped = (signal: AbortSignal): boolean => signal.reason === STOPPED;

export const createListeners = (): Listeners => {
  /** Bounded by the requests that are let in. */
  const underWay = new Set<AbortController>();
  return {
    signalOf: (response) => {
      const controller = new AbortController();
      underWay.add(controller);
      const left = (): void => {
        underWay.delete(controller);
        if (!response.writableFinished) controller.abort();
      };
      if (response.destroyed) left();
      else response.once('close', left);
      return controller.signal;
    },
    stop: () => {
      for (const controller of underWay) controller.abort(STOPPED);
    },
  };
};
