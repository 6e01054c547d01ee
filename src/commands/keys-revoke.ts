// bourse keys revoke: from now on a key opens nothing on any replica, nor on one that starts later.
import { randomUUID } from 'node:crypto';
import { revokeKey } from '../app/void-keys.ts';
import { loadConfig } from '../config.ts';
import type { Bulletin } from '../core/bulletin.ts';
import { openRedisBulletin } from '../store/bulletin-redis.ts';
import { systemClock } from '../world.ts';
import { readWords, type Terminal, UsageError } from './command.ts';

const ID = /^[A-Za-z0-9]{12}$/;
const CONNECT_MS = 5_000;
const LOOK_EVERY_MS = 20;

const isReached = async (bulletin: Bulletin): Promise<boolean> => {
  const until = systemClock.elapsed() + CONNECT_MS;
  while (!bulletin.state.connected && systemClock.elapsed() < until) await systemClock.sleep(LOOK_EVERY_MS);
  return bulletin.state.connected;
};

/** @throws Error that says what to do instead, where there is no Redis or it does not answer */
export const revokeOne = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values, positionals } = readWords(words, {
    config: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0 || !ID.test(id))
    throw new UsageError('say which key: the 12 letters and digits after bk_');
  const { redis, keys } = loadConfig(values.config);
  if (redis === undefined)
    throw new Error(
      `the key ${id} is not revoked: that needs REDIS_URL. Take it out of keys: in bourse.yaml and restart.`,
    );
  const bulletin = openRedisBulletin({ url: redis, replica: `keys/${randomUUID()}`, clock: systemClock });
  try {
    if (!(await isReached(bulletin)))
      throw new Error(
        `the key ${id} is not revoked: Redis does not answer. Try again, or take the key out of bourse.yaml and restart every replica.`,
      );
    await revokeKey(bulletin, id);
  } finally {
    await bulletin.close();
  }
  if (!keys.some((key) => key.id === id)) terminal.err(`warning: no key ${id} stands in this configuration`);
  if (values.json) terminal.out(JSON.stringify({ revoked: id }));
  else terminal.out(`the key ${id} is revoked on every replica; take it out of bourse.yaml when it suits`);
  return 0;
};
