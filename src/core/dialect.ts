// The wire dialects, and what not every one of them can say.

/** Wire dialects. `chat` is OpenAI chat completions; `messages` Anthropic; `gemini` generateContent. */
export type DialectName = 'chat' | 'messages' | 'gemini';

/**
 * What a request asks for that not every dialect can say. `field:x` is a field we do not know: only a provider of the client's
 * own dialect gets it. A feature an offer cannot express removes the offer; nothing is dropped in silence.
 */
export type Feature =
  | 'seed'
  | 'logprobs'
  | 'choices'
  | 'penalties'
  | 'logit_bias'
  | 'serial_tools'
  | 'top_k'
  | 'audio'
  | 'file'
  | 'image_url'
  | 'json_object'
  | `field:${string}`;
