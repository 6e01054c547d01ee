// Endpoint lists that somebody kept as tables instead of answers: CSV, one file a model or a folder of them, put back into the shape of the API.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { csvLines } from '../market/csv.ts';

const MOST_FILES = 10_000;
const MOST_LINES = 100_000;
const DATE = /-?\d{4}-\d{2}-\d{2}$/;

type Cells = (column: string) => string | undefined;
type Endpoint = { readonly id: string; readonly endpoint: object };

/** Dollars per million as text, to dollars per token as text: the exponent says it without arithmetic. */
const perToken = (perMillion: string | undefined): string | undefined => (perMillion ? `${perMillion}e-6` : undefined);

/** Numbers are numbers in the API; what is not there stays absent. */
const numberOf = (text: string | undefined): number | undefined => (text ? Number(text) : undefined);

/** `Cohere | cohere/command-r-08-2024` with prices per token, or `deepinfra` with prices per million and the model in the file's name. */
const endpointOf = (cell: Cells, file: string): Endpoint | undefined => {
  const [host, named] = (cell('name') ?? '').split('|').map((part) => part.trim());
  const tag = cell('provider') ?? host;
  const id =
    named ??
    basename(file, '.csv')
      .replace(DATE, '')
      .replace(/^(vercel|openrouter)-endpoints-/, '');
  if (!tag || !id) return undefined;
  const pricing = {
    prompt: cell('pricing_prompt') ?? perToken(cell('in_per_M')),
    completion: cell('pricing_completion') ?? perToken(cell('out_per_M')),
    input_cache_read: perToken(cell('cache_read_per_M')),
  };
  const latency = { p50: numberOf(cell('p50_latency') ?? cell('ttft_p50_ms')), p95: numberOf(cell('ttft_p95_ms')) };
  const throughput = { p50: numberOf(cell('p50_throughput') ?? cell('tps_p50')) };
  return {
    id,
    endpoint: {
      tag,
      pricing,
      context_length: numberOf(cell('context_length') ?? cell('ctx')),
      max_completion_tokens: numberOf(cell('max_completion_tokens') ?? cell('max_out')),
      latency_last_30m: latency,
      latency_last_1h: latency,
      throughput_last_30m: throughput,
      throughput_last_1h: throughput,
      uptime_last_1d: numberOf(cell('uptime_1d')),
    },
  };
};

const endpointsIn = (text: string, file: string): readonly Endpoint[] => {
  const [head, ...lines] = csvLines(text, { file, most: MOST_LINES });
  return lines.flatMap(({ cells }) => {
    const cell: Cells = (column) => cells[head?.cells.indexOf(column) ?? -1] || undefined;
    return endpointOf(cell, file) ?? [];
  });
};

/** Whether a path is such a table, or a folder of them. */
export const isSavedEndpoints = async (path: string): Promise<boolean> =>
  path.endsWith('.csv') || (await stat(path)).isDirectory();

/** @returns text as the adapters of endpoint feeds read it: several answers in one */
export const readSavedEndpoints = async (path: string): Promise<string> => {
  const files = path.endsWith('.csv')
    ? [path]
    : (await readdir(path))
        .filter((name) => name.endsWith('.csv'))
        .toSorted()
        .slice(0, MOST_FILES)
        .map((name) => join(path, name));
  const found: Endpoint[] = [];
  for (const file of files) found.push(...endpointsIn(await readFile(file, 'utf8'), file));
  const answers = [...Map.groupBy(found, ({ id }) => id)].map(([id, all]) => ({
    data: { id, endpoints: all.map(({ endpoint }) => endpoint) },
  }));
  return JSON.stringify({ answers });
};
