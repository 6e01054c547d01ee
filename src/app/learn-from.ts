// What is learned from a file: a recording's outcomes as lessons of the models they are of, or what another router exported.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { classify } from '../classify/classify.ts';
import type { Config } from '../config.ts';
import type { Policy } from '../core/policy.ts';
import type { Clock } from '../core/ports.ts';
import { isModelKey, modelKey } from '../core/offer.ts';
import { createBeliefs } from '../learn/beliefs.ts';
import { lessonAbout } from '../learn/lesson.ts';
import { IMPORTED_TENANT, type LessonRow, rowOf, UNKNOWN } from '../learn/lesson-columns.ts';
import type { OpenedLedger } from '../ledger/recover.ts';
import { createCanonicaliser } from '../market/identity.ts';
import { loadAliases } from '../market/identity-aliases.ts';
import { matchesModel } from '../policy/globs.ts';
import {
  importedOnly,
  MOST_PER_MODEL,
  parsePrior,
  type PriorFile,
  priorFileOf,
  readPrior,
  rowsOfPrior,
} from './prior-file.ts';
import { PRICING } from './pricing-files.ts';
import { requestOf } from './replay/prompt.ts';
import { readRecording, type Recording } from './replay/rows.ts';

/** Worth as much of a model's lessons as fit, spread evenly over all there are: hashes are as good as dice and the same tomorrow. */
const chosen = (rows: readonly LessonRow[]): readonly LessonRow[] =>
  [...Map.groupBy(rows, ({ model }) => model).values()].flatMap((own) =>
    own.toSorted((a, b) => a.id - b.id).slice(0, MOST_PER_MODEL),
  );

/** Recordings often leave the author out; the alias table knows whose model it is. */
const createNaming = (): ((name: string) => string | undefined) => {
  const canonicalise = createCanonicaliser(loadAliases(join(PRICING, 'aliases.json')));
  return (name) => {
    if (isModelKey(name)) return name;
    const found = canonicalise('recorded', name);
    return found.known ? found.model : undefined;
  };
};

export type Learned = {
  readonly prior: PriorFile;
  /** Names in the file that are no model known here. */
  readonly unknown: readonly string[];
};

export type LearnTerms = {
  /** Only its models, with its half-life; absent: all, with `halfLifeMs`. */
  readonly policy?: Policy | undefined;
  readonly halfLifeMs: number;
  readonly clock: Clock;
};

const fromRecording = ({ rows, models }: Recording, { policy, halfLifeMs, clock }: LearnTerms): Learned => {
  const nameOf = createNaming();
  const names = new Map(models.map((name) => [name, nameOf(name)]));
  const isWanted = (model: string): boolean => !policy || matchesModel(policy.plan.models, modelKey(model));
  const at = clock.now();
  const lessons: LessonRow[] = [];
  for (const { line, prompt, messages, tools, outcomes } of rows) {
    const profile = classify(requestOf(messages, tools));
    for (const [name, { quality, outputTokens }] of outcomes) {
      const model = names.get(name);
      if (model === undefined || !isWanted(model)) continue;
      const lesson = lessonAbout(profile, {
        // Not of the file's name: the same lines learned twice are the same lessons.
        requestId: `recorded ${line} ${prompt.length} ${name}`,
        at,
        model,
        offer: `recorded:${model}`,
        halfLifeMs: policy?.plan.feedback.halfLifeMs ?? halfLifeMs,
        reward: quality,
        ...(outputTokens === undefined ? {} : { outputTokens }),
      });
      lessons.push(rowOf(lesson, 1));
    }
  }
  const unknown = [...names].flatMap(([name, model]) => (model === undefined ? [name] : []));
  return { prior: priorFileOf(chosen(lessons)), unknown };
};

/** An export is one object, a recording one line per prompt, perhaps gzipped: the first bytes tell. Of a file that cannot be read the recording's reader tells why. */
const isExport = async (file: string): Promise<boolean> => {
  const known = await stat(file).catch(() => undefined);
  if (!known?.isFile()) return false;
  for await (const chunk of createReadStream(file, { end: 63, encoding: 'latin1' }))
    return /^\s*\{\s*"bourse_prior"/.test(String(chunk));
  return false;
};

/** @throws ReplayFault or Error that names the file and the place */
export const learnFrom = async (file: string, terms: LearnTerms): Promise<Learned> => {
  if (!(await isExport(file))) return fromRecording(await readRecording(file), terms);
  const { models } = parsePrior(await readFile(file, 'utf8'), file);
  const { policy } = terms;
  const wanted = Object.entries(models).filter(
    ([model]) => !policy || matchesModel(policy.plan.models, modelKey(model)),
  );
  return { prior: { bourse_prior: 1, models: Object.fromEntries(wanted) }, unknown: [] };
};

/** Models of the newer file stand for themselves, others stay. */
export const united = (older: PriorFile, newer: PriorFile): PriorFile => ({
  bourse_prior: 1,
  models: { ...older.models, ...newer.models },
});

/** What this router believes by now, its own traffic before what it had imported; judged lessons before others, the newest first. */
export const exportBeliefs = async (
  config: Pick<Config, 'data'>,
  ledger: Pick<OpenedLedger, 'lessons'>,
): Promise<PriorFile> => {
  const beliefs = createBeliefs({ priorOf: () => ({ easy: 0.5, hard: 0.5, weight: 1, outputTokens: 1 }) });
  for await (const lessons of ledger.lessons()) for (const lesson of lessons) beliefs.learn(lesson);
  beliefs.merge(importedOnly(rowsOfPrior(await readPrior(config)), beliefs.state));
  const worth = ({ tenant, reward }: LessonRow): number =>
    (tenant === IMPORTED_TENANT ? 0 : 2) + (reward === UNKNOWN ? 0 : 1);
  const kept = [...Map.groupBy(beliefs.state(), ({ model }) => model).values()].flatMap((own) =>
    own
      .filter(({ times, reward, tokens }) => times > 0 && (reward !== UNKNOWN || tokens !== UNKNOWN))
      .toSorted((a, b) => worth(b) - worth(a) || b.at - a.at)
      .slice(0, MOST_PER_MODEL),
  );
  return priorFileOf(kept);
};
