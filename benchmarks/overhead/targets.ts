// What is measured, each in a process of its own: direct to the upstream, the bare proxy, Bourse, and a peer when it is installed.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
const root = join(here, '../..');
export const PORTS = { upstream: 18_100, bare: 18_101, bourse: 18_102, portkey: 18_103 } as const;
const READY_MS = 20_000;

export type Target = {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly start: () => ChildProcess | undefined;
};

const POLICY = `version: 1
name: auto
about: Twenty offers on one upstream, so that every request is classified, quoted, drawn and written down.
models: ["bench/*"]
objective: { worth: $0.02 }
`;

/** Twenty models with prices of their own at one provider: the decision has something to decide. */
const boursePlace = (): string => {
  const place = mkdtempSync(join(tmpdir(), 'bourse-bench-'));
  mkdirSync(join(place, 'policies'));
  writeFileSync(join(place, 'policies/auto.yaml'), POLICY);
  const offer = (index: number): string =>
    `      - { model: bench/model-${index}, wire_id: bench-model, price: { input: $0.${10 + index}/M, output: $0.${20 + index}/M }, context: 128k, tools: true }`;
  writeFileSync(
    join(place, 'bourse.yaml'),
    [
      `listen: 127.0.0.1:${PORTS.bourse}`,
      'providers:',
      '  bench:',
      '    dialect: chat',
      `    base_url: http://127.0.0.1:${PORTS.upstream}/v1`,
      '    offers:',
      ...Array.from({ length: 20 }, (_, index) => offer(index)),
      'prices: { feeds: {} }',
      'policies: policies',
      'data: data',
      'log: error',
    ].join('\n'),
  );
  return place;
};

const bourse = (): ChildProcess => {
  const place = boursePlace();
  return spawn(process.execPath, [join(root, 'src/main.ts'), 'serve', '--config', join(place, 'bourse.yaml')], {
    cwd: place,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};

const PORTKEY = join(root, 'node_modules/@portkey-ai/gateway/build/start-server.js');

const chat = '/v1/chat/completions';
export const targets = (peers: boolean): readonly Target[] => [
  { name: 'direct', port: PORTS.upstream, path: chat, model: 'bench-model', headers: {}, start: () => undefined },
  {
    name: 'bare',
    port: PORTS.bare,
    path: chat,
    model: 'bench-model',
    headers: {},
    start: () => fork(join(here, 'bare-proxy.ts'), [String(PORTS.bare), String(PORTS.upstream)]),
  },
  { name: 'bourse', port: PORTS.bourse, path: chat, model: 'auto', headers: {}, start: bourse },
  ...(peers && existsSync(PORTKEY)
    ? [
        {
          name: 'portkey',
          port: PORTS.portkey,
          path: chat,
          model: 'bench-model',
          headers: {
            authorization: 'Bearer bench',
            'x-portkey-provider': 'openai',
            'x-portkey-custom-host': `http://127.0.0.1:${PORTS.upstream}/v1`,
          },
          start: () =>
            spawn(process.execPath, [PORTKEY, `--port=${PORTS.portkey}`, '--headless'], { stdio: 'ignore', cwd: root }),
        },
      ]
    : []),
];

export const upstream = (): ChildProcess => fork(join(here, 'upstream.ts'), [String(PORTS.upstream)]);

/** Waits until something answers on the port. */
export const untilUp = async (port: number): Promise<void> => {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(500) });
      return;
    } catch (fault) {
      if (Date.now() > deadline) throw new Error(`nothing came up on port ${port}`, { cause: fault });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

/** CPU seconds a process has used, all its threads, from the kernel; undefined where there is no /proc. */
export const cpuSeconds = (pid: number | undefined): number | undefined => {
  const path = `/proc/${pid}/stat`;
  if (pid === undefined || !existsSync(path)) return undefined;
  const fields = readFileSync(path, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks / 100;
};
