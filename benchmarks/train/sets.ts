// Recordings as training reads them: classified once, prompts that stand in two of them kept in the first alone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ReplayFault } from '../../src/app/replay/fault.ts';
import { openReplay } from '../../src/app/replay/open.ts';
import type { Profile } from '../../src/core/profile.ts';
import { systemClock } from '../../src/world.ts';
import { SETS } from '../replay-sets.ts';

/** Published prompts leak between collections: what begins alike is one prompt. */
const ALIKE = 90;

/** What a prompt and a model came to; `tokens` where the recording counts them, or a bill tells. */
export type Seen = { readonly quality: number; readonly tokens?: number };
export type Item = { readonly profile: Profile; readonly characters: number; readonly seen: ReadonlyMap<string, Seen> };
export type TrainingSet = {
  readonly name: string;
  /** Sets of one family are never trained and held out against each other. */
  readonly family: string;
  readonly weak: string;
  readonly strong: string;
  readonly items: readonly Item[];
  readonly dropped: number;
};

const keyOf = (prompt: string): string => prompt.toLowerCase().replaceAll(/\s+/g, ' ').trim().slice(0, ALIKE);
const familyOf = (name: string): string => name.split('-')[0] ?? name;

/** Where a recording has dollars, tokens are read off its bills (docs/replay.md); where it has none, nobody asks for any. */
const openSet = async (name: string, folder: string) => {
  const list = join(folder, `${name}.prices.json`);
  const files = { data: join(folder, `${name}.jsonl.gz`), ...(existsSync(list) ? { prices: list } : {}) };
  const tools = { clock: systemClock };
  return openReplay({ ...files, needsDollars: true }, tools).catch((fault: unknown) => {
    if (fault instanceof ReplayFault) return openReplay({ ...files, needsDollars: false }, tools);
    throw fault;
  });
};

const loadOne = async (
  set: (typeof SETS)[number],
  folder: string,
  known: Map<string, string>,
): Promise<TrainingSet> => {
  const { recording, dataset } = await openSet(set.name, folder);
  const family = familyOf(set.name);
  const items: Item[] = [];
  recording.rows.forEach(({ prompt, outcomes }, at) => {
    const key = keyOf(prompt);
    const first = known.get(key) ?? set.name;
    known.set(key, first);
    const profile = dataset.prompts[at]?.profile;
    if (!profile || (first !== set.name && familyOf(first) !== family)) return;
    const seen = new Map<string, Seen>();
    dataset.sellers.forEach(({ name }, column) => {
      const outcome = outcomes.get(name);
      if (!outcome) return;
      const counted =
        outcome.outputTokens ?? (outcome.costUsd ? dataset.tokens[at * dataset.sellers.length + column] : undefined);
      seen.set(name, { quality: outcome.quality, ...(counted === undefined ? {} : { tokens: counted }) });
    });
    items.push({ profile, characters: prompt.length, seen });
  });
  const { name, weak, strong } = set;
  return { name, family, weak, strong, items, dropped: recording.rows.length - items.length };
};

/** In the order of the list, so that the same files give the same figures. */
export const loadSets = async (folder: string): Promise<readonly TrainingSet[]> => {
  const known = new Map<string, string>();
  const sets: TrainingSet[] = [];
  for (const set of SETS)
    if (existsSync(join(folder, `${set.name}.jsonl.gz`))) sets.push(await loadOne(set, folder, known));
  return sets;
};

/** One number of every model's answers, each less the model's own mean in this set: what a prior without the model's name can know. */
export const centred = (
  { items }: TrainingSet,
  value: (seen: Seen) => number | undefined,
): readonly { readonly item: Item; readonly value: number }[] => {
  const byModel = new Map<string, { item: Item; value: number }[]>();
  for (const item of items)
    for (const [model, seen] of item.seen) {
      const found = value(seen);
      if (found === undefined) continue;
      const own = byModel.get(model);
      if (own) own.push({ item, value: found });
      else byModel.set(model, [{ item, value: found }]);
    }
  return [...byModel.values()].flatMap((own) => {
    const mean = own.reduce((sum, each) => sum + each.value, 0) / own.length;
    return own.map((each) => ({ item: each.item, value: each.value - mean }));
  });
};
