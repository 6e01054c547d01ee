// Hugging Face's router: each model with the hosts behind it, dollars per million, and what they took to answer.
import { USD_PER_MILLION } from './decimal.ts';
import { createCollector, type FeedSpec, isRecord, jsonOf, known, type Parsed, tokenCount } from './parsed.ts';
import { linesOf } from './rates.ts';
import { firstTokenMs, type Measured, speedsOf, tokensPerSecond } from './speeds.ts';

export const HUGGINGFACE: FeedSpec = {
  name: 'huggingface',
  url: 'https://router.huggingface.co/v1/models',
  lineage: 'huggingface',
  precedence: 0,
  unit: 'USD per million tokens, JSON numbers; ms to the first token, tokens per second',
  silence: 'no pricing object is silence; 0/0 is free only where `is_free` says so; null and 0 in a speed are unknown',
  licence: 'terms of service of the API; facts only',
};

const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** @param input text or JSON: `{ data: [{ id, providers: [{ provider, status, pricing: { input, output }, … }] }] }` */
export const parseHuggingface = (input: unknown): Parsed => {
  const file = jsonOf(input);
  const models = isRecord(file) ? file['data'] : undefined;
  if (!Array.isArray(models)) throw new TypeError('huggingface: no data array');
  const collect = createCollector();
  const measured: Measured[] = [];
  for (const model of models) {
    const id = isRecord(model) && typeof model['id'] === 'string' ? model['id'].slice(0, 200) : '';
    const hosts = isRecord(model) && Array.isArray(model['providers']) ? model['providers'] : undefined;
    if (!isRecord(model) || id === '' || !hosts) {
      collect.skip(id || '?', 'not the shape of a model');
      continue;
    }
    const architecture = isRecord(model['architecture']) ? model['architecture'] : {};
    const inputs = Array.isArray(architecture['input_modalities']) ? architecture['input_modalities'] : undefined;
    for (const entry of hosts) {
      const host = isRecord(entry) && typeof entry['provider'] === 'string' ? entry['provider'].slice(0, 100) : '';
      if (!isRecord(entry) || host === '' || entry['status'] !== 'live' || !isRecord(entry['pricing'])) {
        collect.skip(`${id}:${host || '?'}`, 'not live, or no price');
        continue;
      }
      const { input: prompt, output } = entry['pricing'];
      // The router takes the host in the model's name.
      const wireId = `${id}:${host}`;
      const row = {
        provider: 'huggingface',
        wireId,
        ...known({
          context: tokenCount(entry['context_length']),
          tools: flag(entry['supports_tools']),
          vision: inputs?.includes('image'),
          json: flag(entry['supports_structured_output']),
        }),
      };
      collect.row(
        row,
        linesOf({ stated: { input: prompt, output }, scale: USD_PER_MILLION }),
        entry['is_free'] === true,
      );
      const figures = known({
        firstTokenMs: firstTokenMs(entry['first_token_latency_ms']),
        tokensPerSecond: tokensPerSecond(entry['throughput']),
      });
      measured.push({ host, wireId: id, endpoint: wireId, figures });
    }
  }
  const { speeds, fault } = speedsOf('huggingface', measured);
  if (fault) collect.skip('speeds', fault);
  return { ...collect.result(), speeds };
};
