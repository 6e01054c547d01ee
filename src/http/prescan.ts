// Whether a JSON body is safe to parse: counted on the bytes, in one pass, because JSON.parse itself blocks for seconds on a bomb.

export type Verdict = 'ok' | 'too_deep' | 'too_many_tokens';

export type ShapeLimits = {
  readonly depth: number;
  /** Of { } [ ] , and : outside strings. */
  readonly tokens: number;
};

/** Deep and busy enough for any tool schema; JSON.parse of this much takes milliseconds. */
export const SHAPE_LIMITS: ShapeLimits = { depth: 64, tokens: 100_000 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Index of the quote that ends the string opened just before `from`, or the length where nothing ends it. */
const endOfString = (body: Buffer, from: number): number => {
  for (let at = body.indexOf(QUOTE, from); at !== -1; at = body.indexOf(QUOTE, at + 1)) {
    let escapes = 0;
    while (at - escapes > from && body[at - escapes - 1] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return body.length;
};

/** Linear in the bytes, whatever they are. It judges shape only: whether the text is JSON is for JSON.parse to say. */
export const prescan = (body: Buffer, limits: ShapeLimits = SHAPE_LIMITS): Verdict => {
  let depth = 0;
  let tokens = 0;
  for (let at = 0; at < body.length; at += 1) {
    switch (body[at]) {
      case QUOTE:
        at = endOfString(body, at + 1);
        continue;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        if (depth > limits.depth) return 'too_deep';
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        break;
      case COMMA:
      case COLON:
        break;
      default:
        continue;
    }
    tokens += 1;
    if (tokens > limits.tokens) return 'too_many_tokens';
  }
  return 'ok';
};
