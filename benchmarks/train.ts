// Builds the weak prior that ships from recordings, holds it against having none on recordings it has not seen, and prints what docs/model-card.md tells.
// npm run train -- [--data DIR] [--dry]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BANDS, TASKS } from '../src/core/profile.ts';
import { type Effects, fitLengths, lengthFit } from './train/lengths.ts';
import { fitSlope, gainArea, slopeFit } from './train/quality.ts';
import { loadSets, type TrainingSet } from './train/sets.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(import.meta.dirname, '../../shared/data/replay') },
    dry: { type: 'boolean', default: false },
  },
});
const PRIOR = join(import.meta.dirname, '../src/learn/length-prior.json');

/** What stood here before anything was measured, by hand: what training has to beat beside nothing at all. */
const BY_HAND: Effects = {
  task: mapped({
    chat: 0.6,
    code: 1.4,
    math: 1.2,
    extract: 0.4,
    summarize: 0.6,
    translate: 0.5,
    write: 1.4,
    reason: 1.3,
    agent: 0.8,
  }),
  band: mapped({ easy: 0.7, medium: 1, hard: 1.6 }),
};
/** The slope of the middle of pricing/catalogue.yaml. */
const CATALOGUE_SLOPE = -0.25;

function mapped<Key extends string>(factors: Record<Key, number>): Record<Key, number> {
  return Object.fromEntries(Object.entries<number>(factors).map(([key, factor]) => [key, Math.log(factor)])) as Record<
    Key,
    number
  >;
}

const sets = await loadSets(values.data);
if (sets.length < 2) throw new Error(`too few recordings in ${values.data}: name their folder with --data`);

const othersOf = (held: TrainingSet): readonly TrainingSet[] => sets.filter(({ family }) => family !== held.family);
const percent = (share: number | undefined): string => (share === undefined ? '–' : `${(100 * share).toFixed(1)} %`);
const area = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3));

const rows = sets.map((held) => {
  const others = othersOf(held);
  return {
    held,
    byHand: lengthFit(held, BY_HAND),
    trained: lengthFit(held, fitLengths(others)),
    slope: fitSlope(others),
    catalogue: slopeFit(held, CATALOGUE_SLOPE),
    sloped: slopeFit(held, fitSlope(others)),
    difficulty: gainArea(held, 'difficulty'),
    length: gainArea(held, 'length'),
  };
});

console.log(
  'Trained on all other recordings, held against each. Lengths and quality: variance within models explained; having no prior explains 0.\n',
);
console.log(
  '| held out | prompts | left out as known | lengths by hand | lengths trained | quality, catalogue slope | quality, trained slope | gain by difficulty | gain by length |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
for (const { held, ...row } of rows)
  console.log(
    `| ${held.name} | ${held.items.length} | ${held.dropped} | ${percent(row.byHand)} | ${percent(row.trained)} | ${percent(row.catalogue)} | ${percent(row.sloped)} (${row.slope.toFixed(2)}) | ${area(row.difficulty)} | ${area(row.length)} |`,
  );

const meanOf = (values_: readonly (number | undefined)[]): number => {
  const known = values_.filter((value) => value !== undefined);
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
};
const [byHand, trained] = [meanOf(rows.map((row) => row.byHand)), meanOf(rows.map((row) => row.trained))];
const sloped = meanOf(rows.map((row) => row.sloped));
console.log(
  `\nmeans: lengths by hand ${percent(byHand)}, trained ${percent(trained)}; quality by a trained slope ${percent(sloped)}`,
);

/** Factors to three digits. What explains less than nothing on recordings it has not seen is not shipped: its factors are one. */
const ships = trained > 0;
const effects = fitLengths(sets);
const factor = (effect: number): number => (ships ? Number(Math.exp(effect).toFixed(3)) : 1);
const prior = {
  task: Object.fromEntries(TASKS.map((task) => [task, factor(effects.task[task])])),
  band: Object.fromEntries(BANDS.map((band) => [band, factor(effects.band[band])])),
};
const text = `${JSON.stringify(prior, null, 2)}\n`;
console.log(`\n${ships ? 'lengths ship' : 'nothing beats having no prior: factors of one ship'}\n${text}`);
if (!values.dry) writeFileSync(PRIOR, text);
