// The providers that need no more than a key: dialect, address, key variable, and what is publicly known of how they treat data.
import type { DialectName } from '../core/dialect.ts';
import type { DataTerms } from '../core/offer.ts';
import type { Billing } from '../core/ports.ts';
import { ANTHROPIC } from './anthropic.ts';
import { GEMINI } from './gemini.ts';
import { type ChatProvider, type ChatProviderName, chatProviderOf } from './quirks.ts';

export type KnownProvider = {
  readonly dialect: DialectName;
  /** Absent: the operator must say. */
  readonly baseUrl?: string;
  /** The environment variable that holds its key; absent: it takes none. */
  readonly keyEnv?: string;
  /** True: usable without a key, found by its address. */
  readonly keyless: boolean;
  /** Output that follows a JSON schema can be asked for; a model may still not be able to. */
  readonly schemas: boolean;
  readonly data: DataTerms;
  /** Absent: nobody has said. */
  readonly billing?: Billing;
};

/** What nobody has published stands as unknown, and unknown satisfies no requirement. The operator's own contract overrides it. */
const UNKNOWN: DataTerms = { training: 'unknown', retention: 'unknown', regions: [], selfHosted: false };
const OWN_MACHINE: DataTerms = { training: 'never', retention: 'none', regions: [], selfHosted: true };

/** The published default terms of paid API use, November 2026. */
const TERMS: Readonly<Record<ChatProviderName, DataTerms>> = {
  // Not trained on unless opted in; abuse logs up to 30 days.
  openai: { ...UNKNOWN, training: 'never', retention: 'limited' },
  // The region is the deployment's own; abuse logs up to 30 days.
  azure: { ...UNKNOWN, training: 'never', retention: 'limited' },
  deepseek: { ...UNKNOWN, training: 'may', regions: ['cn'] },
  mistral: { ...UNKNOWN, regions: ['eu'] },
  qwen: UNKNOWN,
  // Nothing kept by default; kept for a while where reliability or abuse needs it.
  groq: { ...UNKNOWN, training: 'never', retention: 'limited' },
  // Its pages disagree on whether prompts are kept by default.
  together: { ...UNKNOWN, training: 'never' },
  fireworks: { ...UNKNOWN, training: 'never', retention: 'none' },
  // True of the open models it runs itself; Google's and Anthropic's models there follow their makers' terms.
  deepinfra: { ...UNKNOWN, training: 'never', retention: 'none' },
  xai: { ...UNKNOWN, training: 'never', retention: 'limited' },
  // Whatever the host behind it does.
  openrouter: UNKNOWN,
  vercel: UNKNOWN,
  tokenmix: UNKNOWN,
  litellm: UNKNOWN,
  ollama: OWN_MACHINE,
  vllm: OWN_MACHINE,
};

/** An answer that is left is billed only as far as it was written (OpenRouter's list of who stops, November 2026; your own machines send no bill). */
const STOPS: Billing = { onCancel: 'stops', onError: 'nothing' };
const STOPPERS: ReadonlySet<string> = new Set([
  'openai',
  'azure',
  'deepseek',
  'xai',
  'together',
  'fireworks',
  'deepinfra',
  'ollama',
  'vllm',
]);

const knownChat = (row: ChatProvider, data: DataTerms): KnownProvider => ({
  dialect: 'chat',
  ...(row.baseUrl === undefined ? {} : { baseUrl: row.baseUrl }),
  ...(row.keyEnv === undefined ? {} : { keyEnv: row.keyEnv }),
  keyless: row.keyless ?? false,
  schemas: row.schemas,
  data,
});

const chatRows: Readonly<Record<string, KnownProvider>> = Object.fromEntries(
  Object.entries(TERMS).map(([name, data]) => [
    name,
    { ...knownChat(chatProviderOf(name), data), ...(STOPPERS.has(name) ? { billing: STOPS } : {}) },
  ]),
);

/** By the name a configuration calls it. */
export const KNOWN_PROVIDERS: Readonly<Record<string, KnownProvider>> = {
  ...chatRows,
  [ANTHROPIC.name]: ANTHROPIC,
  [GEMINI.name]: GEMINI,
};
