// bourse policies check | explain | schema: whether policy files are right, and what they mean with every default filled in.
import { join } from 'node:path';
import { classify } from '../classify/classify.ts';
import { checkPolicies } from '../policy/check.ts';
import { explainPolicy } from '../policy/explain.ts';
import { readPolicies } from '../policy/load.ts';
import { formatProblem } from '../policy/yaml-file.ts';
import { writeReference } from '../policy/reference.ts';
import { type Command, readWords, type Terminal, UsageError } from './command.ts';

const check = async (directory: string, json: boolean, terminal: Terminal): Promise<number> => {
  const { policies, problems } = await readPolicies(directory);
  const checked = checkPolicies(policies.values(), classify);
  const missed = checked.filter(({ misses }) => misses.length > 0);
  if (json) terminal.out(JSON.stringify({ policies: [...policies.keys()], problems, examples: checked }, null, 2));
  else {
    for (const problem of problems) terminal.err(formatProblem(problem));
    for (const { file, line, say, misses } of missed)
      terminal.err(`${join(directory, file)}:${line}  "${say.slice(0, 60)}"  ${misses.join('; ')}`);
    terminal.out(
      `${policies.size} policies, ${checked.length - missed.length} examples passed, ${missed.length} failed`,
    );
  }
  return problems.length + missed.length > 0 ? 1 : 0;
};

const explain = async (directory: string, name: string, json: boolean, terminal: Terminal): Promise<number> => {
  const { policies, problems } = await readPolicies(directory);
  const policy = policies.get(name);
  if (!policy) {
    for (const problem of problems) terminal.err(formatProblem(problem));
    terminal.err(`there is no policy "${name}" in ${directory}; there are: ${[...policies.keys()].join(', ')}`);
    return 1;
  }
  const explained = explainPolicy(policy);
  terminal.out(json ? JSON.stringify({ ...explained.json, hash: explained.hash }, null, 2) : explained.yaml.trimEnd());
  return 0;
};

export const policies: Command = {
  about: 'check policy files, or explain one',
  usage:
    'bourse policies check [--dir policies] [--json]\nbourse policies explain NAME [--dir policies] [--json]\nbourse policies schema   (writes policies/schema.json and the table in docs/policies.md)',
  run: async (words, terminal) => {
    const { values, positionals } = readWords(words, {
      dir: { type: 'string', default: 'policies' },
      json: { type: 'boolean', default: false },
    });
    const [what, name] = positionals;
    if (what === 'check') return check(values.dir, values.json, terminal);
    if (what === 'explain' && name) return explain(values.dir, name, values.json, terminal);
    if (what !== 'schema') throw new UsageError('say what to do: check, explain NAME or schema');
    await writeReference({ schema: join(values.dir, 'schema.json'), page: 'docs/policies.md' });
    terminal.out('written');
    return 0;
  },
};
