// The voice of Anthropic's Messages dialect.
import type { WireError } from './acts.ts';
import type { Saying, Voice } from './voice.ts';

type Wire = { readonly type: string } & Readonly<Record<string, unknown>>;

const event = (json: Wire): string => `event: ${json.type}\ndata: ${JSON.stringify(json)}\n\n`;

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const REASONS: Readonly<Record<string, string>> = { stop: 'end_turn', length: 'max_tokens', content_filter: 'refusal' };

const errorOf = ({ status, type, code }: WireError, message: string) => ({
  type: 'error',
  error: {
    type: type ?? TYPES[status] ?? 'api_error',
    message,
    ...(code === undefined ? {} : { details: { error_code: code } }),
  },
});

const shell = { id: 'msg_truth', type: 'message', role: 'assistant', stop_sequence: null };
const reasonOf = ({ reason = 'stop' }: Saying): string => REASONS[reason] ?? reason;

/** The finish carries the usage here, so `usage` says nothing more. */
export const messagesVoice = (): Voice => {
  let block: 'none' | 'text' | 'tool' = 'none';
  const open = (kind: 'text' | 'tool'): string => {
    if (block === kind) return '';
    block = kind;
    const content_block =
      kind === 'text' ? { type: 'text', text: '' } : { type: 'tool_use', id: 'toolu_t', name: 'find', input: {} };
    return event({ type: 'content_block_start', index: 0, content_block });
  };
  const piece = (delta: object): string => event({ type: 'content_block_delta', index: 0, delta });
  return {
    role: ({ model, input }) =>
      event({
        type: 'message_start',
        message: { ...shell, model, content: [], stop_reason: null, usage: { input_tokens: input, output_tokens: 1 } },
      }) + event({ type: 'ping' }),
    token: (text) => open('text') + piece({ type: 'text_delta', text }),
    tool: (part) => {
      if (part === 'start') return open('tool');
      return piece({ type: 'input_json_delta', partial_json: part === 'half' ? '{"parcel":' : '"7"}' });
    },
    finish: (saying) =>
      (block === 'none' ? '' : event({ type: 'content_block_stop', index: 0 })) +
      event({
        type: 'message_delta',
        delta: { stop_reason: reasonOf(saying), stop_sequence: null },
        usage: { output_tokens: saying.lie?.output ?? saying.output },
      }),
    usage: () => '',
    done: () => event({ type: 'message_stop' }),
    whole: (saying) =>
      JSON.stringify({
        ...shell,
        model: saying.model,
        content: [{ type: 'text', text: saying.text }],
        stop_reason: reasonOf(saying),
        usage: {
          input_tokens: saying.lie?.input ?? saying.input,
          output_tokens: saying.lie?.output ?? saying.output,
        },
      }),
    errorBody: (error, message) => JSON.stringify(errorOf(error, message)),
    inband: (error, message) => event(errorOf(error, message)),
  };
};
