// Processes of the benchmark: started on a core of their own, asked for the CPU time they used, ended when it is over.
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus } from 'node:os';

const READY_MS = 20_000;
const STOP_MS = 8_000;

/** target: what is measured, alone on its core. · load: the upstream and the load generator. */
export type Role = 'target' | 'load';
const CORE: Readonly<Record<Role, string>> = { target: '0', load: '1' };

const hasTaskset = (): boolean => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

export const isPinned = cpus().length >= 2 && hasTaskset();

export type Start = {
  readonly role: Role;
  readonly script: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags for Node itself: --cpu-prof. */
  readonly flags?: readonly string[];
  /** Another Node than this one. */
  readonly node?: string;
};

const said = new WeakMap<ChildProcess, string>();
/** The end of what a process wrote to its standard error. */
export const saidBy = (child: ChildProcess): string => said.get(child) ?? '';

/** taskset becomes the program it starts, so the child's pid is the program's. */
export const start = ({
  role,
  script,
  args = [],
  cwd,
  env = {},
  flags = [],
  node = process.execPath,
}: Start): ChildProcess => {
  const child = fork(script, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    ...(isPinned
      ? { execPath: 'taskset', execArgv: ['-c', CORE[role], node, ...flags] }
      : { execPath: node, execArgv: [...flags] }),
  });
  child.stderr?.on('data', (text: Buffer) => said.set(child, `${saidBy(child)}${text.toString()}`.slice(-2_000)));
  return child;
};

/** A port that nobody listens on now, so that two runs on one machine do not answer for each other. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
};

/** Asked to go, and made to when it does not. */
export const stop = async (child: ChildProcess | undefined): Promise<void> => {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(force);
};

/** Waits until something answers on the port; what the process said is told when nothing comes. */
export const untilUp = async (port: number, child: ChildProcess): Promise<void> => {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(500) });
      return;
    } catch (cause) {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`nothing came up on port ${port}: ${saidBy(child)}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

/** Clock ticks of /proc/pid/stat: always 100 a second on Linux. */
const TICKS_PER_SECOND = 100;

/**
 * CPU seconds a process has used, worker threads included: to the nanosecond from the scheduler, else to a hundredth of a second;
 * undefined where there is no /proc.
 */
export const cpuSecondsOf = ({ pid }: ChildProcess): number | undefined => {
  const place = `/proc/${pid}`;
  if (!existsSync(`${place}/stat`)) return undefined;
  if (existsSync(`${place}/schedstat`)) {
    const threads = readdirSync(`${place}/task`);
    const nanos = threads.map((thread) =>
      Number(readFileSync(`${place}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanos.reduce((sum, each) => sum + each, 0) / 1e9;
  }
  const fields = readFileSync(`${place}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};
