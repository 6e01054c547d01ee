// How long answers are by kind of request, next to a model's usual answer: effects of tasks and bands on ln(1 + tokens), ridge, each set as heavy as the others.
import { BANDS, type Band, TASKS, type Task } from '../../src/core/profile.ts';
import { centred, type TrainingSet } from './sets.ts';

export type Effects = { readonly task: Readonly<Record<Task, number>>; readonly band: Readonly<Record<Band, number>> };

/** Every set counts as so many answers; an effect must be borne out by about as many to be believed half. */
const SET_WEIGHT = 1_000;
const TASK_DOUBT = 1_000;
const BAND_DOUBT = 300;
const ROUNDS = 60;

type Example = { readonly task: Task; readonly band: Band; readonly value: number; readonly weight: number };

const examplesOf = (set: TrainingSet): readonly Example[] => {
  const values = centred(set, ({ tokens }) => (tokens === undefined ? undefined : Math.log1p(tokens)));
  return values.map(({ item: { profile }, value }) => ({
    task: profile.task,
    band: profile.band,
    value,
    weight: SET_WEIGHT / values.length,
  }));
};

const zeros = <Key extends string>(keys: readonly Key[]): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;

export const NO_EFFECTS: Effects = { task: zeros(TASKS), band: zeros(BANDS) };

/** Examples of one cell are alike to the fit. */
type Cell = { readonly task: Task; readonly band: Band; sum: number; weight: number };

const cellsOf = (examples: readonly Example[]): readonly Cell[] => {
  const cells = new Map<string, Cell>();
  for (const { task, band, value, weight } of examples) {
    const key = `${task}/${band}`;
    const cell = cells.get(key) ?? { task, band, sum: 0, weight: 0 };
    cell.sum += weight * value;
    cell.weight += weight;
    cells.set(key, cell);
  }
  return [...cells.values()];
};

/** Backfitting: tasks against what bands leave, bands against what tasks leave, until neither moves. */
export const fitLengths = (sets: readonly TrainingSet[]): Effects => {
  const families = Map.groupBy(sets, ({ family }) => family);
  const cells = cellsOf(
    [...families.values()].flatMap((own) =>
      own.flatMap((set) => examplesOf(set).map((one) => ({ ...one, weight: one.weight / own.length }))),
    ),
  );
  const [task, band] = [zeros(TASKS), zeros(BANDS)];
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of BANDS) {
      const own = cells.filter((cell) => cell.band === name);
      const left = own.reduce((sum, cell) => sum + cell.sum - cell.weight * task[cell.task], 0);
      band[name] = left / (own.reduce((sum, cell) => sum + cell.weight, 0) + BAND_DOUBT);
    }
    for (const name of TASKS) {
      const own = cells.filter((cell) => cell.task === name);
      const left = own.reduce((sum, cell) => sum + cell.sum - cell.weight * band[cell.band], 0);
      task[name] = left / (own.reduce((sum, cell) => sum + cell.weight, 0) + TASK_DOUBT);
    }
  }
  return { task, band };
};

/** Share of the variance within models that is explained; a model's own mean is given. undefined: nobody counted tokens. */
export const lengthFit = (set: TrainingSet, { task, band }: Effects): number | undefined => {
  const examples = examplesOf(set);
  if (examples.length === 0) return undefined;
  const expected = examples.map((one) => task[one.task] + band[one.band]);
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
  const misses = examples.reduce((sum, { value }, at) => sum + (value - ((expected[at] ?? 0) - mean)) ** 2, 0);
  return 1 - misses / examples.reduce((sum, { value }) => sum + value ** 2, 0);
};
