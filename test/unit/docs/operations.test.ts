// docs/operations.md against the code: every variable that is read, every metric that is kept, every limit that is named.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KNOWN_PROVIDERS } from '../../../src/adapters/known.ts';
import { loadConfig } from '../../../src/config.ts';
import { DEFAULT_LIMITS } from '../../../src/http/limits.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { SHAPE_LIMITS } from '../../../src/http/prescan.ts';
import { namesIn, pageAt, section } from './markdown.ts';

const page = pageAt('docs/operations.md');

/** Every name that loading a configuration asks the environment for. */
const variablesRead = (): ReadonlySet<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'bourse-docs-'));
  const file = join(folder, 'bourse.yaml');
  writeFileSync(file, 'providers: { litellm: {} }\n');
  const read = new Set<string>();
  const spy = new Proxy<Record<string, string | undefined>>(
    {},
    { get: (_, name) => void (typeof name === 'string' && read.add(name)) },
  );
  loadConfig(file, spy);
  rmSync(folder, { recursive: true });
  return read;
};

describe('the variables in docs/operations.md', () => {
  const keys = Object.values(KNOWN_PROVIDERS).flatMap(({ keyEnv }) => keyEnv ?? []);
  const own = [...variablesRead()].filter((name) => !keys.includes(name) && !/_(FILE|BASE_URL)$/.test(name));

  it('are those that are read, and no others', () => {
    const named = namesIn(section(page, 'Environment'));
    expect(named.filter((name) => /^[A-Z_]+$/.test(name)).sort()).toEqual(own.sort());
    expect(named.slice(-3)).toEqual(['key variables', '<NAME>_BASE_URL', '<VARIABLE>_FILE']);
  });

  it('have files where the page says so', () => {
    const read = variablesRead();
    const withFile = [...read].filter((name) => read.has(`${name}_FILE`));
    expect(withFile.sort()).toEqual(
      [...keys.filter((key) => read.has(key)), 'BOURSE_SECRET', 'DATABASE_URL', 'REDIS_URL'].sort(),
    );
    expect([...read].filter((name) => name.endsWith('_BASE_URL')).sort()).toEqual([
      'LITELLM_BASE_URL',
      'OLLAMA_BASE_URL',
      'VLLM_BASE_URL',
    ]);
  });
});

describe('the metrics in docs/operations.md', () => {
  it('are those that are kept, and no others', async () => {
    const never = (): boolean => false;
    const { registry } = createMetrics({
      known: { policy: never, provider: never, offer: never },
      process: false,
    });
    const kept = await registry.getMetricsAsJSON();
    expect([...namesIn(section(page, 'Metrics'))].sort()).toEqual(kept.map(({ name }) => name).sort());
  });
});

describe('the limits in docs/operations.md', () => {
  it('are those of the door', () => {
    const { sizes, times } = DEFAULT_LIMITS;
    const mib = (bytes: number): string => `${bytes / 2 ** 20} MiB`;
    const spaced = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
    expect(section(page, 'Security')).toContain(
      `${mib(sizes.bodyBytes)} each, ${mib(sizes.bodyBytesInFlight)} together, ${SHAPE_LIMITS.depth} levels, ` +
        `${spaced(SHAPE_LIMITS.tokens)} JSON tokens; ${spaced(sizes.requestsInFlight)} requests and ` +
        `${spaced(sizes.connections)} connections at once; headers in ${times.headersMs / 1000} s, bodies in ${times.receiveMs / 1000} s`,
    );
  });
});
