// How the features of a request are written down: a set of small numbers as a short text, for profiles, lessons and ledger rows.

/** Features are numbers below this; the first STRUCTURAL of them say what a request is like, the others stand for hashed words. */
export const FEATURE_SPACE = 16_384;
export const STRUCTURAL = 64;
/** Features of one request. A ledger row and a remembered lesson hold them, so there are few. */
export const MOST_FEATURES = 46;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Uint8Array(128).fill(64);
for (let at = 0; at < DIGITS.length; at++) VALUES[DIGITS.charCodeAt(at)] = at;
/** A digit carries five bits; the sixth says that another digit of the same number follows. */
const BITS = 5;
const MORE = 1 << BITS;
const LOW = MORE - 1;

/** @param ids ascending, without repeats. Gaps are written, lowest bits first: about two characters a feature. */
export const encodeFeatures = (ids: Iterable<number>): string => {
  const codes: number[] = [];
  let last = -1;
  for (const id of ids) {
    let gap = id - last - 1;
    last = id;
    while (gap > LOW) {
      codes.push(DIGITS.charCodeAt((gap & LOW) | MORE));
      gap >>>= BITS;
    }
    codes.push(DIGITS.charCodeAt(gap));
  }
  return String.fromCharCode(...codes);
};

const read = (text: string): Uint16Array => {
  const ids = new Uint16Array(MOST_FEATURES);
  let count = 0;
  let last = -1;
  let gap = 0;
  let shift = 0;
  for (let at = 0; at < text.length && count < MOST_FEATURES; at++) {
    const digit = VALUES[text.charCodeAt(at)] ?? 64;
    if (digit > 63 || shift > 2 * BITS) break;
    gap |= (digit & LOW) << shift;
    shift += BITS;
    if (digit >= MORE) continue;
    last += gap + 1;
    if (last >= FEATURE_SPACE) break;
    ids[count++] = last;
    gap = 0;
    shift = 0;
  }
  return ids.subarray(0, count);
};

let last: { readonly text: string; readonly ids: Uint16Array } = { text: '', ids: new Uint16Array() };

/**
 * The text read last is remembered, since every request's is read several times over.
 * @returns ascending, to be read only; of a text that is not one of ours, what could be read: never more than MOST_FEATURES, none out of range
 */
export const decodeFeatures = (text: string): Uint16Array => {
  if (last.text !== text) last = { text, ids: read(text) };
  return last.ids;
};
