// The voice of OpenAI's chat dialect.
import type { UsageLie, WireError } from './acts.ts';
import type { Saying, Voice } from './voice.ts';

const event = (data: object | string): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

const typeOf = (status: number): string => {
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
};

/** NaN has no JSON, so a lying provider writes it bare. */
const numbers = (counts: Readonly<Record<string, unknown>>): string =>
  `{${Object.entries(counts)
    .map(([name, value]) => `"${name}":${typeof value === 'number' ? String(value) : JSON.stringify(value)}`)
    .join(',')}}`;

const usageOf = ({ input, output, lie = {} }: Saying): string => {
  const said: Required<UsageLie> = { input, output, ...lie };
  return numbers({ prompt_tokens: said.input, completion_tokens: said.output, total_tokens: input + output });
};

const shell = { id: 'chatcmpl-truth', object: 'chat.completion.chunk', created: 1, model: 'wire' };
const delta = (change: object, finish: string | null = null): string =>
  event({ ...shell, choices: [{ index: 0, delta: change, finish_reason: finish }] });

const errorOf = ({ status, type, code }: WireError, message: string): object => ({
  error: { message, type: type ?? typeOf(status), param: null, code: code ?? null },
});

const call = (fields: object): string => delta({ tool_calls: [{ index: 0, ...fields }] });

export const chatVoice = (): Voice => ({
  role: () => delta({ role: 'assistant', content: '' }),
  token: (text) => delta({ content: text }),
  tool: (part) => {
    if (part === 'start') return call({ id: 'call_t', type: 'function', function: { name: 'find', arguments: '' } });
    return call({ function: { arguments: part === 'half' ? '{"parcel":' : '"7"}' } });
  },
  finish: ({ reason = 'stop' }) => delta({}, reason),
  usage: (saying) => `data: ${JSON.stringify({ ...shell, choices: [] }).slice(0, -1)},"usage":${usageOf(saying)}}\n\n`,
  done: () => event('[DONE]'),
  whole: (saying) => {
    const answer = {
      ...shell,
      object: 'chat.completion',
      model: saying.model,
      choices: Array.from({ length: saying.choices ?? 1 }, (_, index) => ({
        index,
        message: { role: 'assistant', content: saying.text },
        finish_reason: saying.reason ?? 'stop',
      })),
    };
    return `${JSON.stringify(answer).slice(0, -1)},"usage":${usageOf(saying)}}`;
  },
  errorBody: (error, message) => JSON.stringify(errorOf(error, message)),
  // As OpenRouter and others send it: the status class is the code.
  inband: (error, message) => {
    const { error: body } = errorOf(error, message) as { readonly error: object };
    return event({ ...shell, choices: [], error: { ...body, code: error.code ?? error.status } });
  },
});
