// bourse keys create: one new caller key, shown once; what goes into the configuration is its hash.
import { createKey } from '../auth/keys.ts';
import { type Command, readWords, UsageError } from './command.ts';

export const keys: Command = {
  about: 'make a key for a caller',
  usage: 'bourse keys create [--name TEXT] [--policy NAME]… [--json]',
  run: async (words, terminal) => {
    const { values, positionals } = readWords(words, {
      name: { type: 'string' },
      policy: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    });
    if (positionals[0] !== 'create') throw new UsageError('say what to do: create');
    const { key, id, hash } = createKey();
    const entry = {
      id,
      hash,
      ...(values.name ? { name: values.name } : {}),
      ...(values.policy.length > 0 ? { policies: values.policy } : {}),
    };
    if (values.json) terminal.out(JSON.stringify({ key, entry }));
    else {
      terminal.out(`key, shown this once:\n  ${key}\n\nunder keys: in bourse.yaml:`);
      terminal.out(`  - ${JSON.stringify(entry)}`);
    }
    return 0;
  },
};
