// bourse keys create: one new caller key, shown once; what goes into the configuration is its hash.
import { createKey } from '../auth/keys.ts';
import { SPEND } from '../policy/spend-unit.ts';
import { readWords, type Terminal, UsageError } from './command.ts';

const SPEND_FORM = new RegExp(`^(?:${SPEND.pattern})$`);

export const createOne = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values } = readWords(words, {
    name: { type: 'string' },
    policy: { type: 'string', multiple: true, default: [] },
    spend: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  if (values.spend !== undefined && !SPEND_FORM.test(values.spend))
    throw new UsageError(`--spend takes ${SPEND.what}, such as ${SPEND.example}; found ${values.spend}`);
  const { key, id, hash } = createKey();
  const entry = {
    id,
    hash,
    ...(values.name ? { name: values.name } : {}),
    ...(values.policy.length > 0 ? { policies: values.policy } : {}),
    ...(values.spend === undefined ? {} : { spend: values.spend }),
  };
  if (values.json) terminal.out(JSON.stringify({ key, entry }));
  else {
    terminal.out(`key, shown this once:\n  ${key}\n\nunder keys: in bourse.yaml:`);
    terminal.out(`  - ${JSON.stringify(entry)}`);
  }
  return 0;
};
