// Anthropic Messages as an upstream: the dialect put together, and what it can say for a client of another one.
import type { UpstreamDialect } from './dialect.ts';
import { readMessagesAnswer } from './messages-answer.ts';
import { readMessagesError } from './messages-errors.ts';
import { writeMessagesRequest } from './messages-request.ts';
import { createMessagesStreamReader } from './messages-stream.ts';

export const messagesDialect: UpstreamDialect = {
  name: 'messages',
  // top_k is not here: newer models refuse it, and a feature must hold for every model of the dialect.
  expresses: new Set(['serial_tools', 'image_url', 'json_object']),
  writeRequest: writeMessagesRequest,
  readAnswer: readMessagesAnswer,
  createStreamReader: createMessagesStreamReader,
  readError: readMessagesError,
};
