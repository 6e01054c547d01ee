// The files of docs/deploy, read for the tests that hold them to the code.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { KNOWN_PROVIDERS } from '../../../src/adapters/known.ts';

export const TOP = join(import.meta.dirname, '../../..');
export const DEPLOY = join(TOP, 'docs/deploy');
export const MANIFESTS = join(DEPLOY, 'kubernetes');
export const textOf = (path: string): string => readFileSync(path, 'utf8');

/** After SIGTERM requests have 30 s to end and the ledger 5 s. */
export const DRAIN_S = 35;
export const VARIABLES = new Set([
  'NODE_ENV',
  'NODE_OPTIONS',
  'BOURSE_LISTEN',
  ...[
    'BOURSE_SECRET',
    'REDIS_URL',
    'DATABASE_URL',
    ...Object.values(KNOWN_PROVIDERS).flatMap(({ keyEnv }) => keyEnv ?? []),
  ].flatMap((name) => [name, `${name}_FILE`]),
]);

export const objectsIn = (file: string): readonly unknown[] =>
  parseAllDocuments(textOf(join(MANIFESTS, file))).map((document) => document.toJS() as unknown);
export const labels = z.record(z.string(), z.string());
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.literal('http') }) });
const container = z.object({
  args: z.array(z.string()),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() })),
  securityContext: z.object({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ memory: z.string() }),
  }),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }) }),
});
const Deployment = z.object({
  kind: z.literal('Deployment'),
  spec: z.object({
    selector: z.object({ matchLabels: labels }),
    strategy: z.object({ rollingUpdate: z.object({ maxUnavailable: z.literal(0) }) }),
    template: z.object({
      metadata: z.object({ labels, annotations: labels }),
      spec: z.object({
        terminationGracePeriodSeconds: z.number(),
        automountServiceAccountToken: z.literal(false),
        securityContext: z.object({ runAsNonRoot: z.literal(true), runAsUser: z.number().min(1) }),
        containers: z.tuple([container]),
        volumes: z.array(z.object({ name: z.string() })),
      }),
    }),
  }),
});

export const pod = Deployment.parse(objectsIn('deployment.yaml')[0]).spec.template;
export const [main] = pod.spec.containers;
