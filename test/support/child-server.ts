// A server program as a child of a test: its signals, its last words, and its end with ours.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const START_MS = 20_000;
const STOP_MS = 5_000;

export const onPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(':')
    .concat('/usr/bin', '/usr/local/bin')
    .map((folder) => join(folder, name))
    .find(existsSync);

/** Linux: the server dies with us even when we are killed, and PostgreSQL, which refuses to be root, runs as its own user. */
export const launched = (program: string, options: readonly string[], asPostgres: boolean): [string, string[]] => {
  const setpriv = onPath('setpriv');
  if (!setpriv) return [program, [...options]];
  const user = asPostgres ? ['--reuid=postgres', '--regid=postgres', '--init-groups'] : [];
  return [setpriv, [...user, '--pdeathsig=QUIT', program, ...options]];
};

/** Linux: processes whose parent this is. */
const childrenOf = (parent: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);

const sendTo = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
};

type Launch = {
  readonly program: string;
  readonly options: readonly string[];
  readonly folder: string;
  readonly asPostgres: boolean;
  readonly signal: 'SIGTERM' | 'SIGQUIT';
};

export const launch = ({ program, options, folder, asPostgres, signal }: Launch) => {
  const child: ChildProcess = spawn(...launched(program, options, asPostgres), { cwd: folder, stdio: 'pipe' });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-2_000);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const tell = (name: NodeJS.Signals): void => {
    for (const pid of child.pid === undefined ? [] : [child.pid, ...childrenOf(child.pid)]) sendTo(pid, name);
  };
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  const stop = async (): Promise<void> => {
    tell('SIGCONT');
    child.kill(signal);
    const killed = new AbortController();
    await Promise.race([
      gone,
      wait(STOP_MS, undefined, { signal: killed.signal }).then(() => child.kill('SIGKILL')),
    ]).finally(() => killed.abort());
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  return {
    signal: tell,
    stop,
    ended: gone,
    said: () => said,
    gone: () => child.exitCode !== null || child.signalCode !== null,
  };
};

/** Asks until it answers; a server that died or never came fails with its own last words. */
export const untilReady = async (server: ReturnType<typeof launch>, ask: () => Promise<unknown>): Promise<void> => {
  const until = Date.now() + START_MS;
  while (!server.gone() && Date.now() < until) {
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await wait(20);
  }
  await server.stop();
  throw new Error(`a test server did not start:\n${server.said()}`);
};
