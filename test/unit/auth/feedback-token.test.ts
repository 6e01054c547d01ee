import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFeedbackTokens } from '../../../src/auth/feedback-token.ts';

const DAY = 86_400_000;
const at = Date.UTC(2026, 10, 24, 12);
const tokens = createFeedbackTokens('a secret of the operator');
const claim = { requestId: 'req_01', caller: 'Ab3dEf6hIj9k', at };
const token = tokens.sign(claim);
const question = { requestId: 'req_01', at };

describe('a feedback token', () => {
  it('says for which request it was given, to whom and when', () => {
    expect(tokens.verify(token, question)).toEqual(claim);
    expect(tokens.sign(claim)).toBe(token);
  });

  it('holds for seven days and not a millisecond longer', () => {
    expect(tokens.verify(token, { ...question, at: at + 7 * DAY })).toEqual(claim);
    expect(tokens.verify(token, { ...question, at: at + 7 * DAY + 1 })).toBeUndefined();
  });

  it('may come from a clock a minute ahead, and no more', () => {
    expect(tokens.verify(token, { ...question, at: at - 60_000 })).toEqual(claim);
    expect(tokens.verify(token, { ...question, at: at - 60_001 })).toBeUndefined();
  });

  it('is for its own request', () => {
    expect(tokens.verify(token, { ...question, requestId: 'req_02' })).toBeUndefined();
  });

  it('of another secret is none of ours', () => {
    expect(createFeedbackTokens('another secret of theirs').verify(token, question)).toBeUndefined();
  });

  it('takes its secret as bytes too, and refuses one that could be guessed', () => {
    const bytes = createFeedbackTokens(new TextEncoder().encode('a secret of the operator'));
    expect(bytes.verify(token, question)).toEqual(claim);
    expect(() => createFeedbackTokens('short')).toThrow(RangeError);
  });

  it('keeps to the secret it was made with when the bytes are wiped', () => {
    const secret = new Uint8Array(32).fill(7);
    const made = createFeedbackTokens(secret);
    const early = made.sign(claim);
    secret.fill(0);
    expect(made.sign(claim)).toBe(early);
  });

  it('is none of another version, even when well signed', () => {
    expect(tokens.verify(token.replace(/^f1/, 'f2'), question)).toBeUndefined();
  });

  it('cannot be one request’s for another by moving the border between two fields', () => {
    const moved = tokens.sign({ requestId: 'req_01.QWI', caller: 'c', at });
    expect(tokens.verify(moved, { requestId: 'req_01', at })).toBeUndefined();
    expect(tokens.verify(moved, { requestId: 'req_01.QWI', at })?.caller).toBe('c');
  });
});

describe('no forgery', () => {
  const characters = fc.constantFrom(...'ABCabc019_-.=+/ \n\u0000é'.split(''));
  const place = fc.nat({ max: token.length });

  it('passes that differs from a token in one character', () => {
    fc.assert(
      fc.property(place, characters, fc.constantFrom('put', 'over', 'out'), (where, character, how) => {
        const behind = how === 'put' ? where : where + 1;
        const forged = token.slice(0, where) + (how === 'out' ? '' : character) + token.slice(behind);
        fc.pre(forged !== token);
        expect(tokens.verify(forged, question)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  it('passes that mixes two tokens', () => {
    const later = tokens.sign({ ...claim, requestId: 'req_02', at: at + 1000 });
    const [mine, theirs] = [token.split('.'), later.split('.')];
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: mine.length, maxLength: mine.length }), (picks) => {
        const mixed = picks.map((isTheirs, index) => (isTheirs ? theirs[index] : mine[index])).join('.');
        fc.pre(mixed !== token && mixed !== later);
        expect(tokens.verify(mixed, question)).toBeUndefined();
        expect(tokens.verify(mixed, { ...question, requestId: 'req_02' })).toBeUndefined();
      }),
    );
  });

  it('passes that is anything at all, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (garbage) => {
        expect(tokens.verify(garbage, question)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
    expect(tokens.verify('x'.repeat(1_000_000), question)).toBeUndefined();
  });

  it('is needed: any claim that was signed is verified', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(text, text, fc.nat({ max: 4_000_000_000_000 }), (requestId, caller, given) => {
        const signed = tokens.sign({ requestId, caller, at: given });
        expect(tokens.verify(signed, { requestId, at: given })).toEqual({ requestId, caller, at: given });
      }),
      { numRuns: 1000 },
    );
  });
});
