// In what a provider of the chat dialect differs from the others, as one row of data.
import type { Effort } from '../core/chat.ts';
import type { Feature } from '../core/dialect.ts';

/** How the wish to think more or less is spelled. A model that does not reason is never told. */
export type EffortSpelling =
  /** reasoning_effort; `words` where a provider knows fewer steps or other names */
  | { readonly as: 'reasoning_effort'; readonly words?: Readonly<Partial<Record<Effort, string>>> }
  /** reasoning: { effort } */
  | { readonly as: 'reasoning' }
  /** enable_thinking: true or false */
  | { readonly as: 'enable_thinking' }
  /** thinking: { type }, and reasoning_effort beside it where thinking is on */
  | { readonly as: 'thinking'; readonly words: Readonly<Partial<Record<Effort, string>>> }
  | { readonly as: 'nothing' };

/** What one model takes, by its id. */
export type ChatTraits = {
  readonly reasons: boolean;
  /** temperature and top_p other than the default are taken. */
  readonly sampling: boolean;
};

export type ChatQuirks = {
  /** The field that caps an answer. */
  readonly cap: 'max_tokens' | 'max_completion_tokens';
  /** What a developer message is sent as. */
  readonly developer: 'developer' | 'system';
  /** Takes stream_options; where not, usage comes unasked. */
  readonly streamOptions: boolean;
  readonly seed: 'seed' | 'random_seed';
  /** The word that demands a tool call, whichever. */
  readonly anyTool: 'required' | 'any';
  readonly effort: EffortSpelling;
  /** How it is told to go on from the last message; absent: it does so by itself, where it can at all. */
  readonly prefill?: 'prefix' | 'continue_final_message';
  /** Output that follows a JSON schema. Where not, the offers are not sold as able to. */
  readonly schemas: boolean;
  /** Takes top_k, which the dialect itself does not have. */
  readonly topK: boolean;
  /** Named needs this provider answers with an error. */
  readonly lacks: readonly Feature[];
  /** Labels that change no answer (user, metadata, store: false): dropped where unknown fields are an error. */
  readonly labels: 'pass' | 'drop';
  /** Where the response says what the call cost (chat-billed.ts). */
  readonly billed: 'cost' | 'cost_in_usd_ticks' | 'gateway' | 'nowhere';
  /** Absent: every model is taken to reason when told to, and to sample. */
  readonly traits?: (wireId: string) => ChatTraits;
};

export const PLAIN_CHAT: ChatQuirks = {
  cap: 'max_tokens',
  developer: 'system',
  streamOptions: true,
  seed: 'seed',
  anyTool: 'required',
  effort: { as: 'reasoning_effort' },
  schemas: true,
  topK: false,
  lacks: [],
  labels: 'pass',
  billed: 'nowhere',
};

const SAYS: readonly Feature[] = [
  'seed',
  'logprobs',
  'choices',
  'penalties',
  'logit_bias',
  'serial_tools',
  'audio',
  'file',
  'image_url',
  'json_object',
];

/** The named needs a provider with these quirks can be asked for. */
export const expressesOf = ({ lacks, topK }: ChatQuirks): ReadonlySet<Feature> => {
  const says = topK ? [...SAYS, 'top_k' as const] : SAYS;
  return new Set(says.filter((feature) => !lacks.includes(feature)));
};
