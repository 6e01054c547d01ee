// What a provider can be told to do on the wire, one act after another: the vocabulary every fault is written in.

/** An error as the provider's own words; each dialect writes it in its own body. */
export type WireError = {
  readonly status: number;
  /** OpenAI error.type, Anthropic error.type, Gemini error.status; each dialect has its own for a status where this is silent. */
  readonly type?: string;
  /** OpenAI error.code, Anthropic details.error_code. */
  readonly code?: string;
  readonly message?: string;
  /** Gemini's error.details. */
  readonly details?: readonly object[];
};

/** Overrides what usage says, not what is true: a count, or a value no count can have. */
export type UsageLie = { readonly input?: unknown; readonly output?: unknown };

export type Framing = 'chunked' | 'until-close' | number;

export type Act =
  | { readonly act: 'head'; readonly status: number; readonly headers: Headers; readonly framing: Framing }
  /** Straight to the socket, outside any framing. */
  | { readonly act: 'raw'; readonly bytes: string | Buffer }
  /** Into the body. */
  | { readonly act: 'send'; readonly bytes: string | Buffer }
  | { readonly act: 'role' }
  | { readonly act: 'tokens'; readonly count: number; readonly everyMs: number }
  /** A tool call: its name, then its arguments in two halves. */
  | { readonly act: 'tool'; readonly part: 'start' | 'half' | 'rest' }
  /** Said in bytes of the script's own: only counted. */
  | { readonly act: 'count'; readonly tokens: number }
  | { readonly act: 'finish'; readonly reason?: string }
  | { readonly act: 'usage'; readonly lie: UsageLie }
  | { readonly act: 'done' }
  /** The answer whole, as JSON with its true usage. */
  | {
      readonly act: 'whole';
      readonly count: number;
      readonly lie: UsageLie;
      readonly reason?: string;
      readonly model?: string;
      readonly choices?: number;
    }
  | { readonly act: 'error-body'; readonly error: WireError }
  | { readonly act: 'inband'; readonly error: WireError }
  /** Sends again and again until the client leaves. */
  | { readonly act: 'forever'; readonly what: { readonly bytes: string } | 'token'; readonly everyMs: number }
  | { readonly act: 'wait'; readonly ms: number }
  | { readonly act: 'silence' }
  | { readonly act: 'reset' }
  | { readonly act: 'fin' }
  /** Ends the body as its framing demands; the connection lives on. */
  | { readonly act: 'end' };

export type Headers = Readonly<Record<string, string>>;

/** What a script may look at before it decides. */
export type Asked = {
  readonly stream: boolean;
  /** 1 for the first call of this model since the script was set. */
  readonly call: number;
  /** Virtual ms since the provider's clock began. */
  readonly at: number;
};
export type Script = (asked: Asked) => readonly Act[];

/** Tokens of an ordinary answer. */
export const ANSWER_TOKENS = 60;

export const EVENTS: Headers = { 'content-type': 'text/event-stream' };
export const JSON_TYPE: Headers = { 'content-type': 'application/json' };

export const head = (status: number, headers: Headers = JSON_TYPE, framing: Framing = 'chunked'): Act => ({
  act: 'head',
  status,
  headers,
  framing,
});
export const opens: Act = head(200, EVENTS);
export const role: Act = { act: 'role' };
export const tokens = (count: number, everyMs = 0): Act => ({ act: 'tokens', count, everyMs });
export const tool = (part: 'start' | 'half' | 'rest'): Act => ({ act: 'tool', part });
export const finish = (reason?: string): Act => ({ act: 'finish', ...(reason === undefined ? {} : { reason }) });
export const usage = (lie: UsageLie = {}): Act => ({ act: 'usage', lie });
export const done: Act = { act: 'done' };
export const whole = (change: Partial<Extract<Act, { act: 'whole' }>> = {}): Act => ({
  act: 'whole',
  count: ANSWER_TOKENS,
  lie: {},
  ...change,
});
export const inband = (error: WireError): Act => ({ act: 'inband', error });
export const send = (bytes: string | Buffer): Act => ({ act: 'send', bytes });
export const raw = (bytes: string | Buffer): Act => ({ act: 'raw', bytes });
export const wait = (ms: number): Act => ({ act: 'wait', ms });
export const forever = (what: { readonly bytes: string } | 'token', everyMs = 0): Act => ({
  act: 'forever',
  what,
  everyMs,
});
export const silence: Act = { act: 'silence' };
export const reset: Act = { act: 'reset' };
export const fin: Act = { act: 'fin' };
export const end: Act = { act: 'end' };

/** The same on every call. */
export const always =
  (...acts: readonly Act[]): Script =>
  () =>
    acts;

/** A refusal before any answer. */
export const refuses = (error: WireError, headers: Headers = {}): readonly Act[] => [
  head(error.status, { ...JSON_TYPE, ...headers }),
  { act: 'error-body', error },
  end,
];

/** What a healthy provider does. */
export const healthy: Script = ({ stream }) =>
  stream ? [opens, role, tokens(ANSWER_TOKENS), finish(), usage(), done, end] : [head(200), whole(), end];
