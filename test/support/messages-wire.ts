// An Anthropic stream as the provider would send it, from a few words: what our reader and others' readers are fed in tests.
export type Block =
  | { readonly kind: 'text' | 'thinking'; readonly pieces: readonly string[] }
  | { readonly kind: 'tool'; readonly id: string; readonly name: string; readonly pieces: readonly string[] };

export type MessageScript = {
  readonly blocks: readonly Block[];
  readonly reason: string;
  readonly startCounts?: object;
  readonly endCounts?: object;
  /** Pings between events, as the provider sends them. */
  readonly pings?: boolean;
};

type Wire = { readonly type: string } & Record<string, unknown>;

const startOf = (block: Block): object => {
  if (block.kind === 'tool') return { type: 'tool_use', id: block.id, name: block.name, input: {} };
  return block.kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' };
};

const deltaOf = (kind: Block['kind'], piece: string): object => {
  if (kind === 'text') return { type: 'text_delta', text: piece };
  if (kind === 'thinking') return { type: 'thinking_delta', thinking: piece };
  return { type: 'input_json_delta', partial_json: piece };
};

const blockMessages = (block: Block, index: number): Wire[] => [
  { type: 'content_block_start', index, content_block: startOf(block) },
  ...block.pieces.map((piece) => ({ type: 'content_block_delta', index, delta: deltaOf(block.kind, piece) })),
  ...(block.kind === 'thinking'
    ? [{ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: 'c2lnbmVk' } }]
    : []),
  { type: 'content_block_stop', index },
];

export const messageStart = (counts: object = { input_tokens: 12, output_tokens: 1 }): Wire => ({
  type: 'message_start',
  message: {
    id: 'msg_test',
    type: 'message',
    role: 'assistant',
    model: 'claude-test',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: counts,
  },
});

export const messageScript = ({ blocks, reason, startCounts, endCounts, pings = false }: MessageScript): Wire[] => {
  const messages: Wire[] = [
    messageStart(startCounts),
    ...blocks.flatMap(blockMessages),
    {
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: null },
      usage: endCounts ?? { output_tokens: 30 },
    },
    { type: 'message_stop' },
  ];
  return pings ? messages.flatMap((message) => [{ type: 'ping' }, message]) : messages;
};

export const messagesSse = (messages: readonly Wire[]): string =>
  messages.map((message) => `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`).join('');
