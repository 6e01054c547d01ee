import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKey, createKeyring } from '../../../src/auth/keys.ts';

describe('a new key', () => {
  it('has its form, and a hash from which it cannot be read', () => {
    const { key, id, hash } = createKey();
    expect(key).toMatch(/^bk_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    expect(key.slice(3, 15)).toBe(id);
    expect(hash).toBe(createHash('sha256').update(key).digest('hex'));
    expect(hash).not.toContain(key.slice(16));
  });

  it('is never the same twice', () => {
    const keys = Array.from({ length: 200 }, createKey);
    expect(new Set(keys.map(({ id }) => id)).size).toBe(200);
    expect(new Set(keys.map(({ key }) => key.slice(16))).size).toBe(200);
  });
});

describe('a keyring', () => {
  const ours = createKey();
  const other = createKey();
  const keyring = createKeyring([
    { id: ours.id, hash: ours.hash, name: 'support', policies: ['support-chat'] },
    { id: other.id, hash: other.hash },
  ]);

  it('knows the caller of each key, with the policies it may name', () => {
    expect(keyring.authenticate(`Bearer ${ours.key}`)).toEqual({ id: ours.id, policies: ['support-chat'] });
    expect(keyring.authenticate(`bearer ${other.key}`)).toEqual({ id: other.id, policies: [] });
  });

  it('opens nothing for a key that was revoked, and still for the others', () => {
    const [first, second] = [createKey(), createKey()];
    const ring = createKeyring([first, second].map(({ id, hash }) => ({ id, hash })));
    ring.revoke(first.id);
    ring.revoke('nobodysKey00');
    expect(ring.authenticate(`Bearer ${first.key}`)).toBeUndefined();
    expect(ring.authenticate(`Bearer ${second.key}`)).toEqual({ id: second.id, policies: [] });
  });

  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['the bare key', ours.key],
    ['another scheme', `Basic ${ours.key}`],
    ['a key nobody has', `Bearer ${createKey().key}`],
    ['the secret of another key', `Bearer bk_${ours.id}_${other.key.slice(16)}`],
    ['the id of another key', `Bearer bk_${other.id}_${ours.key.slice(16)}`],
    ['the key with more behind it', `Bearer ${ours.key}A`],
    ['the key without its end', `Bearer ${ours.key.slice(0, -1)}`],
    ['the key with a line behind it', `Bearer ${ours.key}\n`],
    ['two keys', `Bearer ${ours.key} ${ours.key}`],
    ['two spaces', `Bearer  ${ours.key}`],
    ['the hash in place of the key', `Bearer ${ours.hash}`],
    ['the hash in place of the secret', `Bearer bk_${ours.id}_${ours.hash.slice(0, 43)}`],
    ['another prefix', `Bearer ${ours.key.replace('bk_', 'sk_')}`],
    ['a megabyte', `Bearer ${'x'.repeat(1_000_000)}`],
    ['a name of every object', 'Bearer bk_constructor_'.padEnd(66, 'A')],
  ])('turns %s away', (_what, header) => expect(keyring.authenticate(header)).toBeUndefined());

  it('turns every key with one character changed away', () => {
    const alphabet = fc.constantFrom(...'ABCXYZabcxyz0189_-. '.split(''));
    fc.assert(
      fc.property(fc.nat({ max: ours.key.length - 1 }), alphabet, (at, character) => {
        const changed = ours.key.slice(0, at) + character + ours.key.slice(at + 1);
        fc.pre(changed !== ours.key);
        expect(keyring.authenticate(`Bearer ${changed}`)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('of no keys takes everyone for the local caller', () => {
    expect(createKeyring([]).authenticate(undefined)).toEqual({ id: 'local', policies: [] });
  });

  it.each([
    ['an id of another form', [{ id: 'short', hash: ours.hash }], 'needs its id'],
    ['a hash that is none', [{ id: ours.id, hash: 'secret' }], 'needs its hash'],
    ['a key in place of its hash', [{ id: ours.id, hash: ours.key }], 'needs its hash'],
    ['one id twice', [ours, { ...other, id: ours.id }], 'two keys have one id'],
  ])('is not made with %s', (_what, entries, message) => {
    expect(() => createKeyring(entries)).toThrow(message);
  });

  it('says nothing of a secret when an entry is wrong', () => {
    const wrong = () => createKeyring([{ id: ours.id, hash: ours.key }]);
    expect(wrong).toThrow(RangeError);
    expect(wrong).not.toThrow(ours.key.slice(16));
  });
});
