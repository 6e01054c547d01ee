// What a Claude model takes, by its id: the Messages API is one dialect, but models refuse different parts of it.

export type ClaudeTraits = {
  /** temperature and top_p are taken. From 4.7 on they are answered with 400. */
  readonly sampling: boolean;
  /** adaptive: the model decides, guided by an effort · budget: a number of tokens. */
  readonly thinking: 'adaptive' | 'budget';
  /** Thinks unless told not to. */
  readonly thinksUnasked: boolean;
  readonly thinkingCanBeOff: boolean;
  /** A tool call may be demanded. */
  readonly forcedTools: boolean;
  /** Output and tools that follow a schema (output_config.format, strict). */
  readonly structured: boolean;
};

const CURRENT = /claude-(opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/;
const OLDER = /claude-(?:v?2|3|instant)/;

/** Another maker's model behind this dialect, or a Claude of before 4: the oldest common ground. */
const OLDEST: ClaudeTraits = {
  sampling: true,
  thinking: 'budget',
  thinksUnasked: false,
  thinkingCanBeOff: true,
  forcedTools: true,
  structured: false,
};

/** A Claude we have not heard of is taken for one of the newest. */
const NEWEST: ClaudeTraits = {
  sampling: false,
  thinking: 'adaptive',
  thinksUnasked: true,
  thinkingCanBeOff: true,
  forcedTools: true,
  structured: true,
};

/**
 * Sources: Anthropic's migration guides for 4.5 to 5.5, the pages on thinking and on structured outputs, and its published SDKs (November 2026).
 * @param wireId as the provider knows it, with or without a vendor's prefix and a date: claude-opus-4-8, anthropic.claude-sonnet-4-20250514-v1:0
 */
export const claudeTraits = (wireId: string): ClaudeTraits => {
  const id = wireId.toLowerCase();
  const found = CURRENT.exec(id);
  if (!found) return id.includes('claude-') && !OLDER.test(id) ? NEWEST : OLDEST;
  const family = found[1];
  const version = Number(found[2]) + Number(found[3] ?? 0) / 10;
  const large = family === 'fable' || family === 'mythos';
  const newFlagship = version >= 5.5 && (family === 'opus' || family === 'sonnet');
  return {
    sampling: version < 4.7,
    thinking: version >= 4.6 ? 'adaptive' : 'budget',
    thinksUnasked: version >= 5,
    thinkingCanBeOff: !large && !newFlagship,
    forcedTools: !newFlagship && !(large && version >= 5.1),
    structured: version >= 4.5 || (family === 'opus' && version >= 4.1),
  };
};
