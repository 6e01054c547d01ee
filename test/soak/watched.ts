// The router as a process that is watched: started as an operator would, measured when asked, and whether it comes back to what it was.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { systemClock } from '../../src/world.ts';
import type { Place } from '../crash/place.ts';
import type { Held } from './child.ts';
import type { Check } from './stage.ts';

/** For connections that are kept to be used again: ours to clients, and to sellers. */
const REST_MS = 90_000;
/** Code has a bound, which rare paths reach after hours: compiled after a tenth of the usual calls, they reach it while the run warms up. */
const COMPILE_SOON = ['--invocation-count-for-maglev=40', '--invocation-count-for-turbofan=300'];

export type Watched = {
  readonly url: string;
  measure(): Promise<Held>;
  /** In good order; its exit code. */
  stop(): Promise<number>;
};

/** @param leakBytes that it is made to keep of every request */
export const startWatched = async ({ file, folder, env }: Place, leakBytes: number): Promise<Watched> => {
  const child = fork(join(import.meta.dirname, 'child.ts'), [file, String(leakBytes)], {
    cwd: folder,
    // As bin/bourse and the image start it.
    env: { PATH: process.env['PATH'], MALLOC_ARENA_MAX: '2', ...env },
    execArgv: ['--expose-gc', ...COMPILE_SOON, '--import', join(import.meta.dirname, 'collect.ts')],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  const [port] = await once(child, 'message');
  return {
    url: `http://127.0.0.1:${String(port)}`,
    measure: async () => {
      child.send('measure');
      const [held] = await once(child, 'message');
      return held as Held;
    },
    stop: async () => {
      const closed = once(child, 'close');
      child.send('stop');
      const [code] = await closed;
      return Number(code);
    },
  };
};

/** What is open beyond what was open before anybody asked. */
const beyond = (before: Held, now: Held, kinds: RegExp): readonly string[] =>
  Object.entries(now.resources)
    .filter(([kind, count]) => kinds.test(kind) && count > (before.resources[kind] ?? 0))
    .map(([kind, count]) => `${count} of ${kind}, ${before.resources[kind] ?? 0} before`);

const SOCKETS = /TCP|Pipe|TTY|TLS|Request/;
const TIMERS = /Timeout|Immediate/;

/** Waits for it, as long as connections are kept. */
export const restored = async ({ measure }: Watched, before: Held): Promise<readonly Check[]> => {
  const from = systemClock.elapsed();
  let now = await measure();
  const isLeft = (): boolean => [SOCKETS, TIMERS].some((kinds) => beyond(before, now, kinds).length > 0);
  while (isLeft() && systemClock.elapsed() - from < REST_MS) {
    await systemClock.sleep(1_000);
    now = await measure();
  }
  const took = `${Math.round((systemClock.elapsed() - from) / 1000)} s after the last request`;
  return [
    { what: `sockets are back at what they were, ${took}`, findings: beyond(before, now, SOCKETS) },
    { what: `timers are back at what they were, ${took}`, findings: beyond(before, now, TIMERS) },
  ];
};
