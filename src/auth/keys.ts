// Who is calling: keys that are shown once and kept as digests, and the caller a request's key belongs to.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../core/ask.ts';
import type { SpendLimit } from '../core/policy.ts';

/** A key as it stands in bourse.yaml. */
export type KeyEntry = {
  /** The public half: in reports and logs, no secret. */
  readonly id: string;
  /** SHA-256 of the whole key, in hex. */
  readonly hash: string;
  readonly name?: string;
  /** Policies this key may name; none given: all. */
  readonly policies?: readonly string[];
  /** What it may spend, whatever the policy. */
  readonly spend?: SpendLimit | undefined;
};

export type NewKey = {
  /** Shown once, kept nowhere. */
  readonly key: string;
  readonly id: string;
  readonly hash: string;
};

export type Keyring = {
  /** The caller of an Authorization header; undefined: no key, or not one of ours. */
  authenticate(authorization: string | undefined): Caller | undefined;
  /** From now on the key with this id opens nothing. An id that is not known is passed over. */
  revoke(id: string): void;
};

const PUBLIC_LENGTH = 12;
const SECRET_BYTES = 32;
// Anchored, and every part of a fixed length: nothing before, behind or between is passed over.
const KEY = /^bk_([A-Za-z0-9]{12})_[A-Za-z0-9_-]{43}$/;
const BEARER = /^bearer /i;
const DIGEST = /^[0-9a-f]{64}$/;
const ID = /^[A-Za-z0-9]{12}$/;

// Of the whole key, so that a secret belongs to its id alone. A plain digest is enough for 256 random bits: there is
// nothing to guess, and a slow hash would only be paid on every request.
const digest = (key: string): Buffer => createHash('sha256').update(key).digest();

/** Letters and digits only, so that a double click selects it; 12 of them are 71 bits. */
const publicId = (): string => {
  let id = '';
  while (id.length < PUBLIC_LENGTH)
    id += randomBytes(PUBLIC_LENGTH)
      .toString('base64')
      .replaceAll(/[^A-Za-z0-9]/g, '');
  return id.slice(0, PUBLIC_LENGTH);
};

/** bk_<12 public>_<43 base64url>: 256 random bits behind the second underscore. */
export const createKey = (): NewKey => {
  const id = publicId();
  const key = `bk_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { key, id, hash: digest(key).toString('hex') };
};

type Known = { readonly caller: Caller; readonly digest: Buffer };

/** Compared with when no key has the id, so that an unknown id takes as long as a wrong secret. */
const NOBODY = Buffer.alloc(32);

const bearerOf = (authorization: string | undefined): string | undefined =>
  authorization !== undefined && BEARER.test(authorization) ? authorization.replace(BEARER, '') : undefined;

/** Everyone, when no key is configured. That the router then listens on loopback alone is config's to enforce. */
const LOCAL: Caller = { id: 'local', policies: [] };

const knownOf = ({ id, hash, policies = [], spend }: KeyEntry): readonly [string, Known] => {
  if (!ID.test(id)) throw new RangeError('a key needs its id: the 12 letters and digits after bk_');
  if (!DIGEST.test(hash)) throw new RangeError(`the key ${id} needs its hash: 64 hexadecimal digits`);
  return [id, { caller: { id, policies, ...(spend && { spend }) }, digest: Buffer.from(hash, 'hex') }];
};

/** @throws RangeError on an entry that could never match, or an id that stands twice */
export const createKeyring = (entries: readonly KeyEntry[]): Keyring => {
  const known = new Map(entries.map(knownOf));
  if (known.size < entries.length) throw new RangeError('two keys have one id');
  if (known.size === 0) return { authenticate: () => LOCAL, revoke: () => undefined };
  const revoked = new Set<string>();
  return {
    authenticate: (authorization) => {
      const key = bearerOf(authorization);
      const id = key === undefined ? undefined : KEY.exec(key)?.[1];
      if (key === undefined || id === undefined) return undefined;
      const entry = known.get(id);
      const isSame = timingSafeEqual(digest(key), entry?.digest ?? NOBODY);
      return entry && isSame && !revoked.has(id) ? entry.caller : undefined;
    },
    revoke: (id) => void (known.has(id) && revoked.add(id)),
  };
};
