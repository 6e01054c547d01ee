// A provider of the Gemini dialect: its key, and a URL that names the model and says whether to stream.
import type { DataTerms } from '../core/offer.ts';
import type { Call, Provider } from '../core/ports.ts';
import { geminiDialect } from '../dialects/gemini.ts';
import { createHttpProvider, type HttpProviderDeps } from './http-provider.ts';

/** Paid use is not trained on, free use is, and a key does not say which it is: only the operator can. */
const DATA: DataTerms = { training: 'unknown', retention: 'unknown', regions: [], selfHosted: false };

export const GEMINI = {
  name: 'gemini',
  dialect: 'gemini',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  keyEnv: 'GEMINI_API_KEY',
  keyless: false,
  schemas: true,
  data: DATA,
} as const;

export type GeminiDeps = Pick<HttpProviderDeps, 'name' | 'transport' | 'clock' | 'baseUrl' | 'billing'> & {
  /** Absent: the server takes none. */
  readonly key?: string;
  /** Of the operator's configuration. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** The id becomes one segment of the path whatever is in it: ids come from price feeds. */
const pathOf = ({ offer, request }: Call): string => {
  const model = encodeURIComponent(offer.wireId.replace(/^models\//, ''));
  return `/models/${model}:${request.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`;
};

export const createGemini = ({ key, headers = {}, ...deps }: GeminiDeps): Provider => {
  const all = key === undefined ? headers : { ...headers, 'x-goog-api-key': key };
  return createHttpProvider({ ...deps, dialect: geminiDialect, path: pathOf, headers: () => all });
};
