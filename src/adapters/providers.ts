// A provider by name and dialect: which adapter speaks for it, and which named needs its offers can be asked for.
import type { DialectName, Feature } from '../core/dialect.ts';
import type { Provider } from '../core/ports.ts';
import { createChatDialect } from '../dialects/chat.ts';
import { geminiDialect } from '../dialects/gemini.ts';
import { messagesDialect } from '../dialects/messages.ts';
import { createAnthropic } from './anthropic.ts';
import { createGemini } from './gemini.ts';
import type { HttpProviderDeps } from './http-provider.ts';
import { createOpenAiCompatible } from './openai-compatible.ts';
import { chatProviderOf } from './quirks.ts';

export type ProviderSpec = Pick<HttpProviderDeps, 'name' | 'transport' | 'clock' | 'baseUrl' | 'billing'> & {
  readonly dialect: DialectName;
  /** Absent: the server takes none. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A name with a row of quirks gets its row; any other of the chat dialect the plain one. */
export const createProvider = ({ dialect, ...spec }: ProviderSpec): Provider => {
  switch (dialect) {
    case 'chat':
      return createOpenAiCompatible({ ...spec, quirks: chatProviderOf(spec.name) });
    case 'messages':
      return createAnthropic(spec);
    case 'gemini':
      return createGemini(spec);
    default:
      return dialect satisfies never;
  }
};

/** For Offer.expresses. */
export const expressesOf = ({ name, dialect }: Pick<ProviderSpec, 'name' | 'dialect'>): ReadonlySet<Feature> => {
  switch (dialect) {
    case 'chat':
      return createChatDialect(chatProviderOf(name)).expresses;
    case 'messages':
      return messagesDialect.expresses;
    case 'gemini':
      return geminiDialect.expresses;
    default:
      return dialect satisfies never;
  }
};
