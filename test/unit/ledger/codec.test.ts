import { describe, expect, it } from 'vitest';
import { decode, encode, encodeDecision, openDecision } from '../../../src/ledger/codec.ts';
import { type Rows, rowsOf } from '../../../src/ledger/rows.ts';
import { withoutKnownDocuments } from '../../../src/ledger/write.ts';
import { decided, fullDecision } from '../../support/ledger.ts';
import { sampleDecision, sampleOffer, sampleQuote, sampleRung } from '../../support/sample.ts';

describe('the decision codec', () => {
  it('brings back sets and the numbers JSON has no word for', () => {
    const odd = {
      set: new Set(['a', 'b']),
      empty: new Set(),
      up: Infinity,
      down: -Infinity,
      not: NaN,
      plain: 0.1 + 0.2,
    };
    expect(decode(encode(odd))).toEqual(odd);
  });

  it('writes an offer, a sheet and a plan once, however many decisions name them', () => {
    const rung = sampleRung(sampleQuote(sampleOffer()));
    const one = sampleDecision([rung]);
    const [first, second] = [encodeDecision(one), encodeDecision({ ...one, requestId: 'r2' })];
    expect(first.documents).toHaveLength(3);
    expect(second.documents).toEqual(first.documents);
    expect(first.body).not.toContain('wireId');
  });

  it('says which documents a body needs, and misses a lost one loudly', () => {
    const decision = fullDecision('x');
    const { body, documents } = encodeDecision(decision);
    const opened = openDecision(body);
    expect([...opened.references].sort()).toEqual(documents.map((document) => document.hash).sort());
    expect(opened.revive(new Map(documents.map(({ hash, body }) => [hash, decode(body)])))).toEqual(decision);
    expect(() => opened.revive(new Map())).toThrow('has lost document');
  });

  it('sends a document to the database only until a commit has it', async () => {
    const sent: number[] = [];
    let broken = true;
    const commit = withoutKnownDocuments((rows: Rows) => {
      sent.push(rows.documents.length);
      return broken ? Promise.reject(new Error('no')) : Promise.resolve();
    });
    const decision = fullDecision('x');
    await commit(rowsOf([decided(decision)])).catch(() => undefined);
    broken = false;
    await commit(rowsOf([decided(decision)]));
    await commit(rowsOf([decided({ ...decision, requestId: 'y' })]));
    expect(sent).toEqual([5, 5, 0]);
  });
});
