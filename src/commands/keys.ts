// bourse keys: makes a caller key, shown once, whose hash goes into the configuration; or makes one void on every replica.
import type { Command } from './command.ts';
import { UsageError } from './command.ts';
import { createOne } from './keys-create.ts';
import { revokeOne } from './keys-revoke.ts';

export const keys: Command = {
  about: 'make a key for a caller, or make one void',
  usage:
    'bourse keys create [--name TEXT] [--policy NAME]… [--spend $5/day] [--json]\n' +
    'bourse keys revoke ID [--config bourse.yaml] [--json]\n\n' +
    'A key without --spend may spend what its policies allow. "$5/day soft" lets calls under way pass the limit.\n' +
    'revoke takes the 12 letters and digits after bk_ and needs REDIS_URL; without Redis, take the key out of bourse.yaml and restart.',
  run: async (words, terminal) => {
    const [what, ...rest] = words;
    if (what === 'create') return createOne(rest, terminal);
    if (what === 'revoke') return revokeOne(rest, terminal);
    throw new UsageError('say what to do: create, or revoke and the id of a key');
  },
};
