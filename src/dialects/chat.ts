// OpenAI chat completions as providers speak it: one dialect, one row of quirks per provider.
import { writeChatRequest } from './chat-body.ts';
import { readChatError } from './chat-error.ts';
import { type ChatQuirks, expressesOf, PLAIN_CHAT } from './chat-quirks.ts';
import { createChatStreamReader } from './chat-stream.ts';
import { readChatAnswer } from './chat-whole.ts';
import type { UpstreamDialect } from './dialect.ts';

export const createChatDialect = (quirks: ChatQuirks): UpstreamDialect => ({
  name: 'chat',
  expresses: expressesOf(quirks),
  writeRequest: (request, options) => writeChatRequest(request, options, quirks),
  readAnswer: (body) => readChatAnswer(body, quirks.billed),
  createStreamReader: () => createChatStreamReader(quirks.billed),
  readError: readChatError,
});

/** For a provider nobody has written a row for. */
export const chatDialect: UpstreamDialect = createChatDialect(PLAIN_CHAT);
