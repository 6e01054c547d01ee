// The manifests against the code and against one another: what no cluster is here to run is at least held to what it says.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigFile } from '../../../src/config/file.ts';
import { ENDPOINTS } from '../../../src/http/endpoints.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { DRAIN_S, labels, main, MANIFESTS, objectsIn, pod, textOf, VARIABLES } from './deploy.ts';

const PATHS = ENDPOINTS.map(({ path }) => path);

describe('the Kubernetes manifests', () => {
  it('are all applied, and nothing is applied that is not there', () => {
    const named = z
      .object({ resources: z.array(z.string()), configMapGenerator: z.array(z.object({ files: z.array(z.string()) })) })
      .parse(objectsIn('kustomization.yaml')[0]);
    const used = [...named.resources, ...named.configMapGenerator.flatMap(({ files }) => files), 'kustomization.yaml'];
    expect(used.sort()).toEqual(readdirSync(MANIFESTS).sort());
  });

  it('select the pods they mean', () => {
    const selectors = readdirSync(MANIFESTS).flatMap((file) =>
      objectsIn(file).flatMap((object) => {
        const { spec } = z.looseObject({ spec: z.looseObject({}).optional() }).parse(object);
        const found = spec?.['podSelector'] ?? spec?.['selector'];
        return found === undefined ? [] : [z.object({ matchLabels: labels }).or(labels).parse(found)];
      }),
    );
    expect(selectors.length).toBeGreaterThanOrEqual(4);
    for (const selector of selectors)
      expect([selector, { matchLabels: selector }, selector]).toContainEqual({ matchLabels: pod.metadata.labels });
  });

  it('give a replica the time it needs to end', () => {
    const { seconds } = main.lifecycle.preStop.sleep;
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(seconds + DRAIN_S);
  });

  it('probe routes that exist, and restart nobody for having nothing to route to', () => {
    const { startupProbe, readinessProbe, livenessProbe } = main;
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe]) expect(PATHS).toContain(httpGet.path);
    expect(readinessProbe.httpGet.path).toBe('/health/ready');
    expect(livenessProbe.httpGet.path).toBe('/health/live');
    expect(PATHS).toContain(pod.metadata.annotations['prometheus.io/path']);
  });

  it('set variables that are read, and mount what they declare', () => {
    for (const { name } of main.env) expect(VARIABLES, name).toContain(name);
    expect(main.volumeMounts.map(({ name }) => name).sort()).toEqual(pod.spec.volumes.map(({ name }) => name).sort());
    expect(main.ports).toEqual([{ name: 'http', containerPort: 8080 }]);
  });

  it('scale by a metric that is kept', async () => {
    const scaler = z.object({ spec: z.object({ metrics: z.array(z.looseObject({ pods: z.unknown().optional() })) }) });
    const wanted = scaler
      .parse(objectsIn('autoscaler.yaml')[0])
      .spec.metrics.flatMap(({ pods }) =>
        pods === undefined ? [] : [z.object({ metric: z.object({ name: z.string() }) }).parse(pods).metric.name],
      );
    const never = (): boolean => false;
    const { registry } = createMetrics({ known: { policy: never, provider: never, offer: never }, process: false });
    const kept = (await registry.getMetricsAsJSON()).map(({ name }) => name);
    expect(wanted).toHaveLength(1);
    expect(kept).toEqual(expect.arrayContaining(wanted));
  });

  it('mount a configuration this version reads', () => {
    const config = ConfigFile.parse(parse(textOf(join(MANIFESTS, 'bourse.yaml'))));
    expect(config.data).toBe(main.volumeMounts.find(({ name }) => name === 'data')?.mountPath);
    expect(config.keys).toHaveLength(1);
  });
});
