// Gemini generateContent as an upstream: the dialect put together, and what it can say for a client of another one.
import type { UpstreamDialect } from './dialect.ts';
import { readGeminiError } from './gemini-errors.ts';
import { writeGeminiRequest } from './gemini-request.ts';
import { createGeminiStreamReader, readGeminiAnswer } from './gemini-stream.ts';

export const geminiDialect: UpstreamDialect = {
  name: 'gemini',
  // Penalties and logprobs are fields of this dialect which most of its models answer with 400, so neither is promised.
  expresses: new Set(['seed', 'top_k', 'json_object']),
  writeRequest: writeGeminiRequest,
  readAnswer: readGeminiAnswer,
  createStreamReader: createGeminiStreamReader,
  readError: readGeminiError,
};
