// Who may say how good an answer was: whoever holds the token that came with it, for a week.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

export type FeedbackClaim = {
  readonly requestId: string;
  /** Public id of the key that asked. */
  readonly caller: string;
  /** Epoch ms at which the token was given. */
  readonly at: number;
};

export type FeedbackTokens = {
  sign(claim: FeedbackClaim): string;
  /** What was signed; undefined: not ours, not for this request, or too old. Never throws. `at`: now, epoch ms. */
  verify(token: string, question: { readonly requestId: string; readonly at: number }): FeedbackClaim | undefined;
};

/** Stands first and is signed with the rest, so a later form can never be read as this one. */
const VERSION = 'f1';
const LIVES_MS = 7 * 86_400_000;
/** Clocks of two replicas may differ by this much. */
const SKEW_MS = 60_000;
const LONGEST = 512;
const LEAST_SECRET_BYTES = 16;
const NUMBER = /^(?:0|[1-9]\d{0,15})$/;
const MAC_LENGTH = 43;

// Fields go in as base64url, which has no dot: no choice of ids can move the border between two fields.
const packed = (text: string): string => Buffer.from(text, 'utf8').toString('base64url');
const unpacked = (text: string): string => Buffer.from(text, 'base64url').toString('utf8');

const macOf = (secret: KeyObject, signed: string): Buffer => createHmac('sha256', secret).update(signed).digest();

// The text is compared, not what it decodes to: base64url has spare bits, and one token must have one text.
const isSame = (text: string, mac: Buffer): boolean => {
  const [given, right] = [Buffer.from(text, 'latin1'), Buffer.from(mac.toString('base64url'), 'latin1')];
  return given.length === right.length && timingSafeEqual(given, right);
};

/** @throws RangeError when the secret has fewer than 16 bytes */
export const createFeedbackTokens = (secret: string | Uint8Array): FeedbackTokens => {
  const bytes = Buffer.from(typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret);
  if (bytes.length < LEAST_SECRET_BYTES) throw new RangeError(`a feedback secret needs ${LEAST_SECRET_BYTES} bytes`);
  const key = createSecretKey(bytes);
  return {
    sign: ({ requestId, caller, at }) => {
      const signed = [VERSION, packed(requestId), packed(caller), String(Math.floor(at))].join('.');
      return `${signed}.${macOf(key, signed).toString('base64url')}`;
    },
    verify: (token, { requestId, at }) => {
      if (token.length > LONGEST) return undefined;
      const border = token.lastIndexOf('.');
      const [signed, mac] = [token.slice(0, Math.max(border, 0)), token.slice(border + 1)];
      if (mac.length !== MAC_LENGTH || !isSame(mac, macOf(key, signed))) return undefined;
      const [version, request = '', caller = '', given = '', ...rest] = signed.split('.');
      if (version !== VERSION || rest.length > 0 || !NUMBER.test(given)) return undefined;
      const claim = { requestId: unpacked(request), caller: unpacked(caller), at: Number(given) };
      const isTimely = at - claim.at <= LIVES_MS && claim.at - at <= SKEW_MS;
      return claim.requestId === requestId && isTimely ? claim : undefined;
    },
  };
};
