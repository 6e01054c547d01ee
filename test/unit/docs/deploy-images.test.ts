// The compose file and the Dockerfile against the code, the manifests and the repository.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { DEPLOY, DRAIN_S, labels, main, textOf, TOP, VARIABLES } from './deploy.ts';

describe('the compose file', () => {
  const service = z.looseObject({ image: z.string(), read_only: z.boolean().optional() });
  const compose = z
    .object({
      services: z.object({
        bourse: service.extend({
          environment: labels,
          secrets: z.array(z.string()),
          volumes: z.array(z.string()),
          read_only: z.literal(true),
          cap_drop: z.tuple([z.literal('ALL')]),
          stop_grace_period: z.string().regex(/^\d+s$/),
        }),
        redis: service.extend({ command: z.array(z.string()) }),
        postgres: service,
      }),
      secrets: labels.or(z.record(z.string(), z.object({ file: z.string() }))),
    })
    .loose()
    .parse(parse(textOf(join(DEPLOY, 'compose.yaml'))));
  const { bourse, redis, postgres } = compose.services;

  it('sets variables that are read, from secrets that are declared', () => {
    for (const [name, value] of Object.entries(bourse.environment)) {
      expect(VARIABLES).toContain(name);
      expect(name.endsWith('_FILE')).toBe(value.startsWith('/run/secrets/'));
    }
    const mounted = Object.values(bourse.environment).filter((value) => value.startsWith('/run/secrets/'));
    expect(mounted.map((path) => path.replace('/run/secrets/', '')).sort()).toEqual(bourse.secrets.toSorted());
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(bourse.secrets));
  });

  it('gives a replica the time it needs to end', () => {
    expect(Number.parseInt(bourse.stop_grace_period, 10)).toBeGreaterThanOrEqual(DRAIN_S);
  });

  it('keeps Redis from throwing budgets away, and names every image by a version', () => {
    expect(redis.command.join(' ')).toContain('--maxmemory-policy noeviction');
    for (const { image } of [bourse, redis, postgres]) expect(image).toMatch(/:\d/);
  });

  it('mounts files that are in the repository', () => {
    const files = bourse.volumes.filter((volume) => volume.startsWith('.')).map((volume) => volume.split(':')[0] ?? '');
    expect(files).not.toHaveLength(0);
    for (const file of files) expect(existsSync(join(DEPLOY, file)), file).toBe(true);
  });
});

describe('the Dockerfile', () => {
  const lines = textOf(join(DEPLOY, 'Dockerfile'))
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const stages = lines.join('\n').split(/^(?=FROM )/m);
  const last = stages.at(-1) ?? '';

  it('copies what is there, and what the context lets through', () => {
    const letThrough = textOf(join(TOP, '.dockerignore'))
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const copied = (stages[0] ?? '')
      .split('\n')
      .flatMap((line) => (line.startsWith('COPY ') ? line.split(' ').slice(1, -1) : []));
    expect(copied.sort()).toEqual(letThrough.sort());
    for (const path of copied) expect(existsSync(join(TOP, path)), path).toBe(true);
  });

  it('ends without root, without a shell form, and writes in one place', () => {
    expect(last).toMatch(/^FROM gcr\.io\/distroless\/\S+:nonroot$/m);
    expect(last).toMatch(/^USER nonroot$/m);
    expect(last).not.toMatch(/^RUN /m);
    const started = last.split('\n').filter((line) => /^(CMD|ENTRYPOINT) /.test(line));
    expect(started).toEqual([expect.stringMatching(/^ENTRYPOINT \["/), expect.stringMatching(/^CMD \["/)]);
    expect(last.match(/^VOLUME (.+)$/m)?.[1]).toBe(main.volumeMounts.find(({ name }) => name === 'data')?.mountPath);
  });

  it('starts as the manifests start, from bases with a version', () => {
    expect(last).toContain(`CMD ${JSON.stringify(main.args).replaceAll(',', ', ')}`);
    for (const base of lines.flatMap((line) => line.match(/^FROM (\S+)/)?.[1] ?? []))
      expect(base).not.toMatch(/:latest$|^[^:]+$/);
  });
});
