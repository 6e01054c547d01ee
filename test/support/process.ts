// Bourse as a process of its own, the way a person starts it: words in, lines and an exit code out.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** What one child has compiled the next need not. */
const COMPILED = join(tmpdir(), 'bourse-test-compiled');

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };
type Place = { readonly cwd: string; readonly env?: Readonly<Record<string, string>> };

/** Nothing of this machine's own keys and addresses gets in. */
const start = (words: readonly string[], { cwd, env = {} }: Place) => {
  const child = spawn(process.execPath, [MAIN, ...words], {
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

export type Serving = {
  readonly url: string;
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
  return { url, err, kill: signal('SIGKILL'), stop: signal('SIGTERM') };
};
