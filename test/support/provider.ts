// A provider that plays a script, for the rooms that only see the port. What speaks HTTP is tested over sockets instead.
import type { Frame } from '../../src/core/chat.ts';
import type { FailureCause } from '../../src/core/failure.ts';
import type { Call, Provider } from '../../src/core/ports.ts';

export type Scene = readonly Frame[] | ((call: Call) => AsyncIterable<Frame>);

export const textFrame = (text: string): Frame => ({ events: [{ type: 'text-delta', text }] });
export const usageFrame = (input: number, output: number): Frame => ({
  events: [{ type: 'usage', usage: { input, output } }],
});
export const finishFrame: Frame = { events: [{ type: 'finish', reason: 'stop' }] };
export const failureFrame = (cause: Partial<FailureCause>): Frame => ({
  events: [{ type: 'failure', cause: { sort: 'http', phase: 'headers', message: 'scripted', ...cause } }],
});

/** Waits until the signal fires, then says it was aborted, as a real adapter does. */
export const hang = (before: readonly Frame[] = []) =>
  async function* ({ signal }: Call): AsyncGenerator<Frame> {
    yield* before;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    yield failureFrame({ sort: 'aborted', phase: 'stream' });
  };

/** Each call takes the next scene; the last one repeats. */
export const scriptedProvider = (name: string, scenes: readonly Scene[]): Provider & { readonly calls: Call[] } => {
  const calls: Call[] = [];
  return {
    name,
    calls,
    async *call(call) {
      const scene = scenes[Math.min(calls.length, scenes.length - 1)] ?? [];
      calls.push(call);
      yield* typeof scene === 'function' ? scene(call) : scene;
    },
    close: async () => undefined,
  };
};
