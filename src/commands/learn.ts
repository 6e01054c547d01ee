// bourse learn --from FILE | --export FILE: what is believed before the first request, taken from a recording or from another router.
import { existsSync } from 'node:fs';
import { exportBeliefs, learnFrom, united } from '../app/learn-from.ts';
import { type PriorFile, priorPath, readPrior, writePrior } from '../app/prior-file.ts';
import { ledgerFile } from '../app/state.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Policy } from '../core/policy.ts';
import { DEFAULT_PLAN } from '../policy/defaults.ts';
import { readPolicies } from '../policy/load.ts';
import { systemClock } from '../world.ts';
import { type Command, readWords, type Terminal, UsageError } from './command.ts';
import { CONFIG_OPTION } from './open.ts';
import { openToRead } from './open-ledger.ts';

type Words = { readonly policy?: string | undefined; readonly json: boolean };

const countsOf = ({ models }: PriorFile) =>
  Object.entries(models).map(([model, lessons]) => ({
    model,
    lessons: lessons.length,
    judged: lessons.filter(({ reward }) => reward !== null).length,
  }));

const tell = (
  terminal: Terminal,
  json: boolean,
  said: { what: string; file: string; prior: PriorFile; unknown?: readonly string[] },
) => {
  const models = countsOf(said.prior);
  if (json)
    return terminal.out(JSON.stringify({ [said.what]: said.file, models, unknown: said.unknown ?? [] }, null, 2));
  for (const { model, lessons, judged } of models) terminal.out(`${model}  ${lessons} lessons, ${judged} judged`);
  terminal.out(`${said.what} ${said.file}`);
  if (said.unknown && said.unknown.length > 0)
    terminal.err(`not known here, left out: ${said.unknown.join(', ')} (name models author/name)`);
};

const policyOf = async ({ policies: folder }: Config, name: string | undefined): Promise<Policy | undefined> => {
  if (name === undefined) return undefined;
  const { policies } = await readPolicies(folder);
  const policy = policies.get(name);
  if (!policy)
    throw new Error(`there is no policy "${name}" in ${folder}; there are: ${[...policies.keys()].join(', ')}`);
  return policy;
};

const take = async (
  config: Config,
  file: string,
  { policy: name, json }: Words,
  terminal: Terminal,
): Promise<number> => {
  const policy = await policyOf(config, name);
  const { halfLifeMs } = DEFAULT_PLAN.feedback;
  const { prior, unknown } = await learnFrom(file, { policy, halfLifeMs, clock: systemClock });
  if (Object.keys(prior.models).length === 0) {
    terminal.err(`nothing in ${file} is about a model ${name === undefined ? 'known here' : `of policy ${name}`}`);
    return 1;
  }
  const path = priorPath(config);
  await writePrior(path, united(await readPrior(config), prior));
  tell(terminal, json, { what: 'imported_into', file: path, prior, unknown });
  return 0;
};

const give = async (config: Config, file: string, { json }: Words, terminal: Terminal): Promise<number> => {
  const isEmpty = config.database === undefined && !existsSync(ledgerFile(config));
  const ledger = isEmpty ? undefined : await openToRead(config);
  try {
    const prior = await exportBeliefs(config, ledger ?? { lessons: async function* () {} });
    await writePrior(file, prior);
    tell(terminal, json, { what: 'exported_to', file, prior });
    return 0;
  } finally {
    await ledger?.close();
  }
};

export const learn: Command = {
  about: 'import first beliefs from a recording or another router, or export what is believed',
  usage:
    'bourse learn --from FILE [--policy NAME] [--config bourse.yaml] [--json]\n' +
    'bourse learn --export FILE [--config bourse.yaml] [--json]\n\n' +
    'FILE of --from is a recording (docs/replay.md) or what --export wrote. It stands in data/prior.json and is believed from the next\n' +
    'start on, for as much as 40 judged answers per model at most; docs/rewards.md says more.',
  run: async (words, terminal) => {
    const { values, positionals } = readWords(words, {
      ...CONFIG_OPTION,
      from: { type: 'string' },
      export: { type: 'string' },
      policy: { type: 'string' },
      json: { type: 'boolean', default: false },
    });
    const [stray] = positionals;
    if (stray !== undefined) throw new UsageError(`what is "${stray}"? say --from FILE or --export FILE`);
    if ((values.from === undefined) === (values.export === undefined))
      throw new UsageError('say one of --from FILE and --export FILE');
    const config = loadConfig(values.config);
    if (values.from !== undefined) return take(config, values.from, values, terminal);
    return give(config, values.export ?? '', values, terminal);
  },
};
