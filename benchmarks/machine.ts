// What a result was measured on: without it a figure is a rumour.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

const git = (...words: readonly string[]): string | undefined => {
  try {
    return execFileSync('git', ['--no-optional-locks', ...words], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
};

export const machine = () => ({
  date: new Date().toISOString(),
  commit: git('rev-parse', '--short', 'HEAD') ?? 'unknown',
  /** Files differ from that commit. */
  changed: git('status', '--porcelain', '--', '../src', '../package-lock.json') !== '',
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  load: loadavg().map((value) => Number(value.toFixed(2))),
});

export type Machine = ReturnType<typeof machine>;

/** benchmarks/results/<what>-<date>-<commit>.json */
export const resultPath = (what: string, { date, commit }: Machine): string =>
  join(import.meta.dirname, 'results', `${what}-${date.slice(0, 10)}-${commit}.json`);

export const writeResult = (path: string, result: object): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(`written to ${path}`);
};
