// A provider of the Messages dialect: its key, its version and POST {base}/messages. Anthropic itself, or a server that speaks like it.
import type { DataTerms } from '../core/offer.ts';
import type { Provider } from '../core/ports.ts';
import { messagesDialect } from '../dialects/messages.ts';
import { createHttpProvider, type HttpProviderDeps } from './http-provider.ts';

/** The only version there is; what is new comes as optional fields and beta headers. */
const API_VERSION = '2023-06-01';

/** Not trained on unless agreed otherwise; kept for up to 30 days unless agreed otherwise (Anthropic's commercial terms, November 2026). */
const DATA: DataTerms = { training: 'never', retention: 'limited', regions: [], selfHosted: false };

export const ANTHROPIC = {
  name: 'anthropic',
  dialect: 'messages',
  baseUrl: 'https://api.anthropic.com/v1',
  keyEnv: 'ANTHROPIC_API_KEY',
  keyless: false,
  schemas: true,
  data: DATA,
  billing: { onCancel: 'stops', onError: 'nothing' },
} as const;

export type AnthropicDeps = Pick<HttpProviderDeps, 'name' | 'transport' | 'clock' | 'baseUrl' | 'billing'> & {
  /** Absent: the server takes none. */
  readonly key?: string;
  /** Of the operator's configuration: anthropic-beta, a workspace. */
  readonly headers?: Readonly<Record<string, string>>;
};

export const createAnthropic = ({ key, headers = {}, ...deps }: AnthropicDeps): Provider => {
  const all = { 'anthropic-version': API_VERSION, ...headers, ...(key === undefined ? {} : { 'x-api-key': key }) };
  return createHttpProvider({ ...deps, dialect: messagesDialect, path: () => '/messages', headers: () => all });
};
