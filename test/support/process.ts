// Bourse as a process of its own, the way a person starts it: words in, lines and an exit code out.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** What one child has compiled the next need not. */
const COMPILED = join(tmpdir(), 'bourse-test-compiled');

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };
type Place = {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that starts the one it is given in a world of its own: less disk, fewer rights. It must become it. */
  readonly under?: readonly string[];
};

/** Nothing of this machine's own keys and addresses gets in. */
const start = (words: readonly string[], { cwd, env = {}, under = [] }: Place) => {
  const [program = process.execPath, ...rest] = [...under, process.execPath, MAIN, ...words];
  const child = spawn(program, rest, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, NODE_COMPILE_CACHE: COMPILED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (err += chunk.toString()));
  const ended = once(child, 'close').then((): Ended => ({ code: child.exitCode, out, err }));
  return { child, ended, out: () => out, err: () => err };
};

export const runBourse = (words: readonly string[], place: Place): Promise<Ended> => start(words, place).ended;

/** `serve`, killed without warning so many ms after it was begun, wherever it is by then. */
export const killEarly = async (file: string, place: Place, afterMs: number): Promise<Ended> => {
  const { child, ended } = start(['serve', '--json', '--config', file], place);
  const killing = setTimeout(() => child.kill('SIGKILL'), afterMs);
  return ended.finally(() => clearTimeout(killing));
};

export type Serving = {
  readonly url: string;
  readonly pid: number;
  /** Everything it has said on stderr so far. */
  readonly err: () => string;
  /** Without warning. */
  kill(): Promise<Ended>;
  /** As a service manager does. */
  stop(): Promise<Ended>;
};

/** `serve --json`, once it listens. */
export const startServe = async (file: string, place: Place): Promise<Serving> => {
  const { child, ended, out, err } = start(['serve', '--json', '--config', file], place);
  const listening = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const line = out()
        .split('\n')
        .find((each) => each.includes('"listening"'));
      if (line) resolve(JSON.parse(line)['listening']);
    });
    void ended.then(() => reject(new Error(`serve ended before it listened:\n${err()}`)));
  });
  const url = await listening;
  const signal = (name: 'SIGKILL' | 'SIGTERM') => (): Promise<Ended> => {
    child.kill(name);
    return ended;
  };
  return { url, err, pid: child.pid ?? 0, kill: signal('SIGKILL'), stop: signal('SIGTERM') };
};
