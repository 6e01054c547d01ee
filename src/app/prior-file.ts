// Lessons that were not this router's own: read from a recording or taken over from another router, kept beside the ledger as figures.
import { readFile, rename, writeFile, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { isModelKey } from '../core/offer.ts';
import { BANDS, TASKS } from '../core/profile.ts';
import { IMPORTED_TENANT, type LessonRow, NO_SHIFT } from '../learn/lesson-columns.ts';

/** Lessons of one model, models of one file, and characters of it. */
export const MOST_PER_MODEL = 400;
const MOST_MODELS = 500;
const MOST_BYTES = 64 * 1024 * 1024;

/** What was learned of one request. `features` are hashes of its words (core/features.ts); its words are not kept. */
const row = z.strictObject({
  id: z.number().min(0),
  at: z.number(),
  task: z.enum(TASKS),
  band: z.enum(BANDS),
  half_life_ms: z.number().positive(),
  features: z.string().max(1_024),
  /** [0,1]; null: nobody judged. */
  reward: z.number().min(0).max(1).nullable(),
  tokens: z.number().min(0).nullable(),
});
const PriorFile = z.strictObject({
  bourse_prior: z.literal(1),
  models: z
    .record(z.string().refine(isModelKey, 'a model is author/name'), z.array(row).max(MOST_PER_MODEL))
    .refine((models) => Object.keys(models).length <= MOST_MODELS, `at most ${MOST_MODELS} models`),
});
export type PriorFile = z.infer<typeof PriorFile>;

const MICRO = 1e6;
const UNKNOWN = -1;

export const priorFileOf = (rows: readonly LessonRow[]): PriorFile => ({
  bourse_prior: 1,
  models: Object.fromEntries(
    [...Map.groupBy(rows, ({ model }) => model)].map(([model, own]) => [
      model,
      own.map(({ id, at, task, band, halfLifeMs, features, reward, tokens }) => ({
        id,
        at,
        task,
        band,
        half_life_ms: halfLifeMs,
        features,
        reward: reward === UNKNOWN ? null : reward / MICRO,
        tokens: tokens === UNKNOWN ? null : tokens,
      })),
    ]),
  ),
});

export const rowsOfPrior = ({ models }: PriorFile): readonly LessonRow[] =>
  Object.entries(models).flatMap(([model, own]) =>
    own.map(({ id, at, task, band, half_life_ms: halfLifeMs, features, reward, tokens }) => ({
      model,
      id,
      at,
      task,
      band,
      halfLifeMs,
      features,
      reward: reward === null ? UNKNOWN : Math.round(reward * MICRO),
      tokens: tokens ?? UNKNOWN,
      shift: NO_SHIFT,
      tenant: IMPORTED_TENANT,
      times: 1,
    })),
  );

/** What was imported and is nobody's own lesson: an export read in by the router it came from would make strangers' words of its own. */
export const importedOnly = (imported: readonly LessonRow[], own: () => readonly LessonRow[]): readonly LessonRow[] => {
  if (imported.length === 0) return imported;
  const known = new Set(own().map(({ model, id }) => `${model} ${id}`));
  return imported.filter(({ model, id }) => !known.has(`${model} ${id}`));
};

/** @throws Error that names the file, the place and what is wrong */
export const parsePrior = (text: string, file: string): PriorFile => {
  if (text.length > MOST_BYTES) throw new Error(`${file}: larger than ${MOST_BYTES} bytes; export fewer models`);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error(`${file}: is not JSON; write it again with bourse learn --export`);
  }
  const read = PriorFile.safeParse(content);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  throw new Error(`${file}: ${place} ${issue?.message ?? 'is not a prior'}; write it again with bourse learn --export`);
};

export const priorPath = ({ data }: Pick<Config, 'data'>): string => join(data, 'prior.json');

/** What was imported; nothing where nothing was. @throws Error where the file is damaged: a belief half read would mislead */
export const readPrior = async (config: Pick<Config, 'data'>): Promise<PriorFile> => {
  const path = priorPath(config);
  return existsSync(path) ? parsePrior(await readFile(path, 'utf8'), path) : { bourse_prior: 1, models: {} };
};

/** Whole or not at all. */
export const writePrior = async (path: string, prior: PriorFile): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.new`;
  await writeFile(beside, `${JSON.stringify(prior)}\n`);
  await rename(beside, path);
};
