// Who serves a model behind a gateway, host by host: price, speed and uptime, as OpenRouter and Vercel list them in one shape.
import { openrouterLines, openrouterStated } from './openrouter.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import type { Lines } from './rates.ts';
import { firstTokenMs, type Measured, percentile95, shareOfPercent, speedsOf, tokensPerSecond } from './speeds.ts';
import { vercelLines } from './vercel.ts';

const COMMON = {
  precedence: 0,
  unit: 'USD per token, decimal strings; ms to the first token, tokens per second, uptime in percent',
  silence: 'null and 0 in a speed are unknown; 0/0 is free only under a `:free` id; a discount is not taken off',
} as const;

export const OPENROUTER_ENDPOINTS: FeedSpec = {
  ...COMMON,
  name: 'openrouter-endpoints',
  url: 'https://openrouter.ai/api/v1/models/{model}/endpoints',
  lineage: 'openrouter',
  licence: 'terms of service of the API; facts only',
};

export const VERCEL_ENDPOINTS: FeedSpec = {
  ...COMMON,
  name: 'vercel-endpoints',
  url: 'https://ai-gateway.vercel.sh/v1/models/{model}/endpoints',
  lineage: 'vercel',
  licence: 'not stated; facts only',
};

type Entry = Readonly<Record<string, unknown>>;

type Gateway = {
  readonly provider: string;
  readonly linesOf: (pricing: Entry) => Lines;
  /** Freshest first: the first that is known counts. */
  readonly latency: readonly string[];
  readonly throughput: readonly string[];
  readonly uptime: readonly string[];
};

const firstOf = <T>(entry: Entry, names: readonly string[], read: (value: unknown) => T | undefined): T | undefined => {
  for (const name of names) {
    const value = read(entry[name]);
    if (value !== undefined) return value;
  }
  return undefined;
};

const medianOf = (value: unknown): unknown => (isRecord(value) ? value['p50'] : value);

/** `deepinfra/fp8` is the endpoint, `deepinfra` the host. Without a tag both are the provider's name. */
const namesOf = (endpoint: Entry): { readonly host: string; readonly endpoint: string } | undefined => {
  const tag = typeof endpoint['tag'] === 'string' && endpoint['tag'] !== '' ? endpoint['tag'] : undefined;
  const name = tag ?? endpoint['provider_name'];
  if (typeof name !== 'string') return undefined;
  const plain = name.slice(0, 100).trim().toLowerCase();
  const [host = ''] = plain.split('/');
  return host === '' ? undefined : { host, endpoint: plain.replaceAll(/[^a-z0-9.]+/g, '-') };
};

const documentsOf = (input: unknown): readonly Entry[] => {
  const file = jsonOf(input);
  if (!isRecord(file)) throw new TypeError('endpoints: not an object');
  const answers = Array.isArray(file['answers']) ? file['answers'] : [file];
  return answers.flatMap((answer) => (isRecord(answer) && isRecord(answer['data']) ? [answer['data']] : []));
};

const list = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

const figuresOf = (endpoint: Entry, gateway: Gateway): Measured['figures'] => ({
  ...known({
    firstTokenMs: firstOf(endpoint, gateway.latency, (value) => firstTokenMs(medianOf(value))),
    firstTokenMsP95: firstOf(endpoint, gateway.latency, (value) => (isRecord(value) ? percentile95(value) : undefined)),
    tokensPerSecond: firstOf(endpoint, gateway.throughput, (value) => tokensPerSecond(medianOf(value))),
    uptime: firstOf(endpoint, gateway.uptime, shareOfPercent),
  }),
});

/** @param input text or JSON of one answer, `{ data: { id, endpoints: [...] } }`, or of several, `{ answers: [...] }` */
const parseEndpoints = (input: unknown, gateway: Gateway): Parsed => {
  const collect = createCollector();
  const measured: Measured[] = [];
  for (const data of documentsOf(input)) {
    const id = typeof data['id'] === 'string' ? data['id'].slice(0, 200) : '';
    const architecture = isRecord(data['architecture']) ? data['architecture'] : {};
    const outputs = list(architecture['output_modalities']);
    const isText = outputs === undefined || (outputs.includes('text') && !outputs.includes('image'));
    if (id === '' || !isText) {
      collect.skip(id || '?', id ? 'does not answer in text' : 'no id');
      continue;
    }
    for (const endpoint of list(data['endpoints']) ?? []) {
      const names = isRecord(endpoint) ? namesOf(endpoint) : undefined;
      if (!isRecord(endpoint) || !names || !isRecord(endpoint['pricing'])) {
        collect.skip(id, 'not the shape of an endpoint');
        continue;
      }
      const wireId = `${id}:${names.endpoint}`;
      const parameters = list(endpoint['supported_parameters']);
      const row = {
        provider: gateway.provider,
        wireId,
        ...known({
          context: tokenCount(endpoint['context_length']),
          maxOutput: tokenCount(endpoint['max_completion_tokens']),
          tools: parameters?.includes('tools'),
          vision: list(architecture['input_modalities'])?.includes('image'),
          json: parameters?.includes('structured_outputs'),
          reasoning: parameters?.includes('reasoning'),
        }),
      };
      collect.row(row, gateway.linesOf(endpoint['pricing']), id.endsWith(':free'));
      measured.push({ host: names.host, wireId: id, endpoint: wireId, figures: figuresOf(endpoint, gateway) });
    }
  }
  const { speeds, fault } = speedsOf(gateway.provider, measured);
  if (fault) collect.skip('speeds', fault);
  return { ...collect.result(), speeds };
};

export const parseOpenrouterEndpoints = (input: unknown): Parsed =>
  parseEndpoints(input, {
    provider: 'openrouter',
    linesOf: openrouterLines,
    latency: ['latency_last_30m'],
    throughput: ['throughput_last_30m'],
    uptime: ['uptime_last_30m', 'uptime_last_1d'],
  });

export const parseVercelEndpoints = (input: unknown): Parsed =>
  parseEndpoints(input, {
    provider: 'vercel',
    linesOf: (pricing) => vercelLines(openrouterStated(pricing), pricing),
    latency: ['latency_last_1h'],
    throughput: ['throughput_last_1h'],
    uptime: ['uptime_last_1h', 'uptime_last_15m', 'uptime_last_1d'],
  });
