// A provider of the chat dialect: its row of quirks, its key, and POST {base}/chat/completions.
import type { Provider } from '../core/ports.ts';
import { createChatDialect } from '../dialects/chat.ts';
import type { ChatQuirks } from '../dialects/chat-quirks.ts';
import { createHttpProvider, type HttpProviderDeps } from './http-provider.ts';

export type OpenAiCompatibleDeps = Pick<HttpProviderDeps, 'name' | 'transport' | 'clock' | 'baseUrl' | 'billing'> & {
  readonly quirks: ChatQuirks;
  /** Absent: the server takes none. */
  readonly key?: string;
  /** Of the operator's configuration: a tenant, a region. */
  readonly headers?: Readonly<Record<string, string>>;
};

export const createOpenAiCompatible = ({ quirks, key, headers = {}, ...deps }: OpenAiCompatibleDeps): Provider => {
  const all = key === undefined ? headers : { ...headers, authorization: `Bearer ${key}` };
  return createHttpProvider({
    ...deps,
    dialect: createChatDialect(quirks),
    path: () => '/chat/completions',
    headers: () => all,
  });
};
