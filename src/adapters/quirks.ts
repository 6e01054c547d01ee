// One row per provider of the chat dialect: where it listens, which variable holds its key, and in what it differs from the plain dialect.
// Sources: the providers' own API references and compatibility pages, November 2026. A row says what is sent, never what a model can do.
import { type ChatQuirks, type ChatTraits, PLAIN_CHAT } from '../dialects/chat-quirks.ts';

export type ChatProvider = ChatQuirks & {
  /** Absent: only the operator knows. */
  readonly baseUrl?: string;
  /** Absent: takes none. */
  readonly keyEnv?: string;
  /** A server that takes any key or none is found by its address, not by its key. */
  readonly keyless?: true;
};

/** OpenAI's reasoning models sample in one way only; its others refuse to be told to reason. */
const openaiTraits = (wireId: string): ChatTraits => {
  const reasons = /^(?:openai\/)?(?:o\d|gpt-[5-9]|codex)/i.test(wireId) && !/-chat\b/i.test(wireId);
  return { reasons, sampling: !reasons };
};

const groqTraits = (wireId: string): ChatTraits => ({ reasons: /gpt-oss|qwen-?3/i.test(wireId), sampling: true });

/** Of the Grok models only those from 4.3 on, and 3-mini, take an effort; the others answer it with 400. */
const xaiTraits = (wireId: string): ChatTraits => ({
  reasons: /grok-(?:4\.[3-9](?!\d)|[5-9]|3-mini)/i.test(wireId),
  sampling: true,
});

export const CHAT_PROVIDERS = {
  openai: {
    ...PLAIN_CHAT,
    baseUrl: 'https://api.openai.com/v1',
    keyEnv: 'OPENAI_API_KEY',
    cap: 'max_completion_tokens',
    developer: 'developer',
    traits: openaiTraits,
  },
  /** Its address is the resource's own, ending in /openai/v1; wire ids are names of deployments. */
  azure: {
    ...PLAIN_CHAT,
    keyEnv: 'AZURE_OPENAI_API_KEY',
    cap: 'max_completion_tokens',
    developer: 'developer',
    traits: openaiTraits,
  },
  deepseek: {
    ...PLAIN_CHAT,
    // At its beta address alone.
    prefill: 'prefix',
    baseUrl: 'https://api.deepseek.com/v1',
    keyEnv: 'DEEPSEEK_API_KEY',
    schemas: false,
    effort: { as: 'thinking', words: { minimal: 'low', medium: 'high' } },
    lacks: ['seed', 'choices', 'logit_bias', 'serial_tools', 'audio', 'file', 'image_url'],
  },
  mistral: {
    ...PLAIN_CHAT,
    baseUrl: 'https://api.mistral.ai/v1',
    keyEnv: 'MISTRAL_API_KEY',
    // Unknown fields are 422 here, stream_options and reasoning_effort among them; usage comes unasked.
    streamOptions: false,
    prefill: 'prefix',
    seed: 'random_seed',
    anyTool: 'any',
    effort: { as: 'nothing' },
    labels: 'drop',
    lacks: ['logprobs', 'logit_bias', 'file'],
  },
  qwen: {
    ...PLAIN_CHAT,
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    keyEnv: 'DASHSCOPE_API_KEY',
    schemas: false,
    effort: { as: 'enable_thinking' },
    topK: true,
    lacks: ['logit_bias', 'file'],
  },
  groq: {
    ...PLAIN_CHAT,
    baseUrl: 'https://api.groq.com/openai/v1',
    keyEnv: 'GROQ_API_KEY',
    cap: 'max_completion_tokens',
    effort: { as: 'reasoning_effort', words: { minimal: 'low' } },
    lacks: ['logprobs', 'choices', 'logit_bias', 'audio', 'file'],
    traits: groqTraits,
  },
  together: {
    ...PLAIN_CHAT,
    baseUrl: 'https://api.together.xyz/v1',
    keyEnv: 'TOGETHER_API_KEY',
    topK: true,
    lacks: ['audio', 'file'],
  },
  fireworks: {
    ...PLAIN_CHAT,
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    keyEnv: 'FIREWORKS_API_KEY',
    labels: 'drop',
    topK: true,
    lacks: ['seed', 'audio', 'file'],
  },
  deepinfra: {
    ...PLAIN_CHAT,
    baseUrl: 'https://api.deepinfra.com/v1/openai',
    keyEnv: 'DEEPINFRA_API_KEY',
    topK: true,
    lacks: ['logit_bias', 'audio', 'file'],
  },
  xai: {
    ...PLAIN_CHAT,
    baseUrl: 'https://api.x.ai/v1',
    keyEnv: 'XAI_API_KEY',
    cap: 'max_completion_tokens',
    effort: { as: 'reasoning_effort', words: { minimal: 'low' } },
    billed: 'cost_in_usd_ticks',
    lacks: ['logit_bias', 'audio', 'file'],
    traits: xaiTraits,
  },
  openrouter: {
    ...PLAIN_CHAT,
    baseUrl: 'https://openrouter.ai/api/v1',
    keyEnv: 'OPENROUTER_API_KEY',
    effort: { as: 'reasoning' },
    topK: true,
    billed: 'cost',
    lacks: ['choices'],
  },
  vercel: {
    ...PLAIN_CHAT,
    baseUrl: 'https://ai-gateway.vercel.sh/v1',
    keyEnv: 'AI_GATEWAY_API_KEY',
    effort: { as: 'reasoning' },
    billed: 'gateway',
    lacks: ['seed', 'logprobs', 'choices', 'logit_bias', 'serial_tools', 'audio'],
  },
  tokenmix: {
    ...PLAIN_CHAT,
    baseUrl: 'https://api.tokenmix.ai/v1',
    keyEnv: 'TOKENMIX_API_KEY',
    lacks: ['audio', 'file'],
  },
  /** A LiteLLM proxy, run by the operator or someone they trust. */
  litellm: { ...PLAIN_CHAT, keyEnv: 'LITELLM_API_KEY' },
  ollama: {
    ...PLAIN_CHAT,
    baseUrl: 'http://127.0.0.1:11434/v1',
    keyless: true,
    lacks: ['choices', 'logit_bias', 'serial_tools', 'audio', 'file'],
  },
  vllm: {
    ...PLAIN_CHAT,
    prefill: 'continue_final_message',
    baseUrl: 'http://127.0.0.1:8000/v1',
    keyEnv: 'VLLM_API_KEY',
    keyless: true,
    topK: true,
    lacks: ['file'],
  },
} as const satisfies Readonly<Record<string, ChatProvider>>;

export type ChatProviderName = keyof typeof CHAT_PROVIDERS;

const isChatProvider = (name: string): name is ChatProviderName => Object.hasOwn(CHAT_PROVIDERS, name);

/** The row of a provider by its name; a plain one for a provider nobody has written a row for. */
export const chatProviderOf = (name: string): ChatProvider =>
  isChatProvider(name) ? CHAT_PROVIDERS[name] : PLAIN_CHAT;
