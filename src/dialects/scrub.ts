// What of an upstream's words may be kept: key-like text goes, and nothing is longer than 512 characters.

export const MAX_MESSAGE_CHARACTERS = 512;
/** Only this much is looked at, so that a huge body costs nothing. */
const LOOK_AT = 4 * MAX_MESSAGE_CHARACTERS;

const GONE = '[removed]';

/** Shapes of credentials. Providers echo keys ("Incorrect API key provided: sk-…"), also half masked ones. */
const SECRETS: readonly RegExp[] = [
  // A header or field that names a secret, with whatever follows it.
  /\b(authorization|x-api-key|api[-_ ]?key|access[-_ ]?token|secret|password)(["']?\s*[:=]\s*["']?)(?:bearer\s+)?[^\s"',;<>]{4,}/gi,
  /\bbearer\s+[^\s"',;<>]{4,}/gi,
  // sk-…, sk-ant-…, sk-or-v1-…, gsk_…, xai-…, hf_…, r8_…, pplx-…, fw_…, AIza…, AKIA…, ya29.…, and masked forms with asterisks.
  /\b(?:sk|pk|rk|gsk|xai|hf|r8|pplx|fw|key|tgp|csk|nvapi|ghp|glpat)[-_][A-Za-z0-9*_.…-]{6,}/g,
  /\b(?:AIza|AKIA|ASIA|ya29\.)[A-Za-z0-9*_-]{8,}/g,
  // JSON web tokens.
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?/g,
  // Anything long that mixes letters and digits without a space: rather lose an id than keep a key.
  /\b(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Za-z])[A-Za-z0-9+/_-]{32,}={0,2}/g,
  // User and password in a URL.
  /(?<=:\/\/)[^/\s:@]{1,128}:[^/\s@]{1,128}@/g,
];

const CONTROL = /\p{Cc}+/gu;

/** One line of at most 512 characters without anything that looks like a credential. For people, never for classification. */
export const scrub = (text: string): string => {
  let clean = text.slice(0, LOOK_AT).replace(CONTROL, ' ');
  for (const secret of SECRETS) clean = clean.replace(secret, GONE);
  clean = clean.replace(/ {2,}/g, ' ').trim();
  return clean.length <= MAX_MESSAGE_CHARACTERS ? clean : `${clean.slice(0, MAX_MESSAGE_CHARACTERS - 1)}…`;
};

/** What names something: insufficient_quota, messages[0].content, AllocationQuota.FreeTierOnly. */
const WORD = /^[\w.:/[\]-]{1,128}$/;

/** A type, code or field name of an upstream's error, as it may be put on record; undefined where it is none: what has spaces may quote anything. */
export const scrubWord = (text: string | undefined): string | undefined =>
  text !== undefined && WORD.test(text) && scrub(text) === text ? text : undefined;
