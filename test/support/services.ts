// Decides which real servers a test run has: a private Redis and a private PostgreSQL, started once and thrown away.
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { onPath } from './child-server.ts';
import { postgresPrograms, startPostgres, startRedis } from './servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** undefined: this machine has none; what needs it is skipped. */
    redisUrl: string | undefined;
    postgresUrl: string | undefined;
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
};

const sweepLeftovers = async (): Promise<void> => {
  const dead = readdirSync(tmpdir()).filter((name) => {
    const pid = /^bourse-test-(\d+)-/.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  await Promise.all(dead.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })));
};

/** Absent: loud here, fatal in CI. */
const absent = (name: string): undefined => {
  if (process.env['CI'] === 'true')
    throw new Error(`${name} is not installed on this machine, and CI must test with it`);
  process.stderr.write(`\n!!! ${name} is not installed on this machine: the tests that need it are SKIPPED\n`);
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepLeftovers();
  const redis = onPath('redis-server');
  const postgres = postgresPrograms();
  const started = await Promise.allSettled([
    redis ? startRedis(redis) : Promise.resolve().then(() => absent('redis-server')),
    postgres ? startPostgres(postgres) : Promise.resolve().then(() => absent('PostgreSQL')),
  ]);
  const services = started.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  const stop = async (): Promise<void> => {
    await Promise.all(services.flatMap((service) => (service ? [service.stop()] : [])));
  };
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  project.provide('redisUrl', services[0]?.url);
  project.provide('postgresUrl', services[1]?.url);
  return stop;
}
