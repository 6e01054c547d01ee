// What README.md is made from: the newest result file of each kind, and how to name the machine it was measured on.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const machine = z.object({
  date: z.string().optional(),
  commit: z.string().optional(),
  changed: z.boolean().optional(),
  node: z.string(),
  cpu: z.string(),
  cores: z.number().optional(),
  cpus: z.number().optional(),
});

export const measure = z.object({ median: z.number() });
export const overhead = z.object({
  machine,
  rounds: z.number(),
  rows: z
    .array(
      z.object({
        scene: z.string(),
        target: z.string(),
        perSecond: measure,
        loadBound: z.boolean(),
        cpuMicros: measure.optional(),
        addedP50: measure.optional(),
        addedP99: measure.optional(),
        addedFirstP50: measure.optional(),
        addedFirstP99: measure.optional(),
      }),
    )
    .min(1),
});
export type OverheadRow = z.infer<typeof overhead>['rows'][number];

export const decide = z.object({
  machine,
  rows: z.array(z.object({ name: z.string(), p50: z.number(), p99: z.number() })).min(1),
});

export const line = z.object({ quality: z.number(), spend_usd: z.number() });
const named = line.extend({ model: z.string() });
export const demo = line.extend({
  machine,
  requests: z.number(),
  failed: z.number(),
  fallbacks: z.number(),
  baseline: named,
  best_single: named,
  random: line,
  oracle: line,
  hull_quality: z.number(),
  price_change: z.object({ offer: z.string(), requests_until_moved: z.number().nullable() }).nullable(),
  outage: z.object({ provider: z.string(), failed: z.number() }).nullable(),
  seed: z.number(),
  /** The same run from other seeds, as shares of the baseline. */
  seeds: z.array(
    z.object({
      seed: z.number(),
      quality_of_baseline: z.number(),
      spend_of_baseline: z.number(),
      above_hull: z.number(),
    }),
  ),
});

const TITLES = {
  overhead: 'bench:overhead',
  decide: 'benchmarks/decide.ts',
  demo: 'demo --json',
  replay: 'bench:replay',
} as const;
type What = keyof typeof TITLES;

type Read<Value> = { readonly file: string; readonly value: Value };

const dated = z.object({ machine: z.object({ date: z.string().default('') }) });

/** Newest by the date in the file, then by its name; older files may have had another shape. @throws Error when there is none */
export const newest = <Value>(directory: string, what: What, schema: z.ZodType<Value>): Read<Value> => {
  const all = existsSync(directory) ? readdirSync(directory) : [];
  const last = all
    .filter((name) => name.startsWith(`${what}-`) && name.endsWith('.json'))
    .map((file) => ({ file, json: JSON.parse(readFileSync(join(directory, file), 'utf8')) as unknown }))
    .map((each) => ({ ...each, at: `${dated.parse(each.json).machine.date} ${each.file}` }))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .at(-1);
  if (!last) throw new Error(`there is no ${what}-*.json in ${directory}: run ${TITLES[what]}`);
  return { file: last.file, value: schema.parse(last.json) };
};

export const measuredOn = ({ file, value }: Read<{ readonly machine: z.infer<typeof machine> }>): string => {
  const { cpu, cores, cpus, node, date, commit, changed } = value.machine;
  const parts = [
    cpu,
    `${cores ?? cpus ?? '?'} cores`,
    `Node ${node}`,
    date?.slice(0, 10),
    commit && `commit ${commit}`,
  ];
  const known = parts.filter((part) => part !== undefined).join(', ');
  return `${known}${changed ? ' with changes' : ''} ([result](benchmarks/results/${file}))`;
};
