// Fills the numbers in README.md from the newest result files: npx node benchmarks/readme-numbers.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import {
  decide,
  demo,
  type line,
  type measure,
  measuredOn,
  newest,
  overhead,
  type OverheadRow,
} from './readme-results.ts';

const RESULTS = join(import.meta.dirname, 'results');
const README = join(import.meta.dirname, '../README.md');

export const tableOf = (rows: readonly (readonly string[])[]): string => {
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
  lines.splice(1, 0, `|${rows[0]?.map((_, at) => (at === 0 ? '---' : '--:')).join('|')}|`);
  return lines.join('\n');
};

const DIRECT = 'direct';
const OURS = 'bourse';

type Figure = {
  readonly title: string;
  readonly of: (row: OverheadRow) => number | undefined;
  readonly moreIsBetter?: true;
};
const FIGURES: readonly Figure[] = [
  { title: 'requests/s', of: ({ perSecond }) => perSecond.median, moreIsBetter: true },
  { title: 'CPU µs per request', of: ({ cpuMicros }) => cpuMicros?.median },
  { title: 'added p50 µs', of: ({ addedFirstP50, addedP50 }) => microsOf(addedFirstP50 ?? addedP50) },
  { title: 'added p99 µs', of: ({ addedFirstP99, addedP99 }) => microsOf(addedFirstP99 ?? addedP99) },
];
const microsOf = (ms: z.infer<typeof measure> | undefined): number | undefined => ms && ms.median * 1000;

const overheadTable = (rows: readonly OverheadRow[]): string => {
  const shown = rows.filter(({ target }) => target !== DIRECT);
  const cells = shown.map((row) => [
    `${row.scene}, ${row.target}`,
    ...FIGURES.map(({ of, moreIsBetter }) => {
      const value = of(row);
      return value === undefined ? '' : `${moreIsBetter && row.loadBound ? '≥ ' : ''}${value.toFixed(0)}`;
    }),
  ]);
  return tableOf([['load, who', ...FIGURES.map(({ title }) => title)], ...cells]);
};

/** Of each other target: the figures in which it is better than ours, and in how many of the loads. */
const overheadLosses = (rows: readonly OverheadRow[]): string => {
  const others = [...new Set(rows.map(({ target }) => target))].filter((name) => name !== DIRECT && name !== OURS);
  const said = others.flatMap((other) => {
    const lost = FIGURES.flatMap(({ title, of, moreIsBetter }) => {
      const pairs = rows
        .filter(({ target }) => target === OURS)
        .flatMap((mine) => {
          const theirs = rows.find(({ scene, target }) => scene === mine.scene && target === other);
          const [a, b] = [of(mine), theirs && of(theirs)];
          return a === undefined || b === undefined ? [] : [moreIsBetter ? b > a : b < a];
        });
      const count = pairs.filter(Boolean).length;
      return count === 0 ? [] : [`${title} (${count} of ${pairs.length} loads)`];
    });
    return lost.length === 0 ? [] : [`\`${other}\` is better in ${lost.join(', ')}`];
  });
  return said.length === 0 ? 'Bourse loses to nobody here.' : `Where Bourse loses: ${said.join('; ')}.`;
};

const overheadText = (directory: string): string => {
  const calls = newest(directory, 'overhead', overhead);
  const decisions = newest(directory, 'decide', decide);
  const each = decisions.value.rows.map(({ name, p50, p99 }) => `${name} ${p50.toFixed(0)} (${p99.toFixed(0)})`);
  return [
    overheadTable(calls.value.rows),
    `Medians of ${calls.value.rounds} rounds on ${measuredOn(calls)}; *added* is against calling the upstream directly, for streams at a steady rate to the first token.`,
    overheadLosses(calls.value.rows),
    `Inside one request, µs as p50 (p99): ${each.join(', ')}; on ${measuredOn(decisions)}.`,
  ].join('\n\n');
};

const quality = (value: number): string => value.toFixed(3);
const dollars = (usd: number): string => `$${usd.toFixed(4)}`;

const range = (values: readonly number[], digits: number): string =>
  `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;

/** One seed is an anecdote: how far the others spread, and how many of them lose to a coin flip. */
const seedsText = ({ seed, seeds }: z.infer<typeof demo>): string => {
  const quality = range(
    seeds.map((run) => run.quality_of_baseline),
    3,
  );
  const spend = range(
    seeds.map((run) => run.spend_of_baseline),
    2,
  );
  const below = seeds.filter((run) => run.above_hull < 0).length;
  return (
    `The table is seed ${seed}. Over seeds ${seeds.map((run) => run.seed).join(', ')}: ${quality} of the baseline's quality at ` +
    `${spend} of its spend, below the coin flip in ${below} of ${seeds.length}.`
  );
};

const demoText = (directory: string): string => {
  const run = newest(directory, 'demo', demo);
  const { value: score } = run;
  const { baseline, best_single: best, price_change: change, outage } = score;
  const lines = [
    { who: `always ${baseline.model} (the stated baseline)`, ...baseline },
    { who: `always ${best.model} (the best single model)`, ...best },
    { who: 'a random offer', ...score.random },
    { who: 'an oracle that knows the truth', ...score.oracle },
  ];
  const row = (who: string, value: z.infer<typeof line>): string[] => [
    who,
    quality(value.quality),
    dollars(value.spend_usd),
  ];
  const losses = lines.flatMap((other) => {
    const better = [
      ...(other.quality > score.quality ? [`better (${quality(other.quality)})`] : []),
      ...(other.spend_usd < score.spend_usd ? [`cheaper (${dollars(other.spend_usd)})`] : []),
    ];
    return better.length === 0 ? [] : [`${other.who} is ${better.join(' and ')}`];
  });
  const hull = score.hull_quality > score.quality ? [`a coin flip is better (${quality(score.hull_quality)})`] : [];
  const moved = change?.requests_until_moved;
  return [
    tableOf([
      [`${score.requests} requests of the demo`, 'true quality', 'spend'],
      row('Bourse', score),
      [`a coin flip between fixed models, at Bourse's spend`, quality(score.hull_quality), dollars(score.spend_usd)],
      ...lines.map((each) => row(each.who, each)),
    ]),
    `${score.failed} failed, ${score.fallbacks} fell back.` +
      (change
        ? ` After the price of ${change.offer} fell, ${moved === null || moved === undefined ? 'no request moved there' : `request ${moved} was the first to go there`}.`
        : '') +
      (outage ? ` While ${outage.provider} was down, ${outage.failed} failed.` : ''),
    `Where Bourse loses: ${[...hull, ...losses].join('; ') || 'nowhere here'}. ${seedsText(score)}`,
    `Providers are simulated and qualities are theirs by construction: this shows that the machinery works, not what it saves you. On ${measuredOn(run)}.`,
  ].join('\n\n');
};

/** The page with what stands between its marks of this name replaced. */
export const between = (page: string, name: string, text: string): string => {
  const [start, end] = [`<!-- numbers: ${name} -->`, '<!-- /numbers -->'];
  const from = page.indexOf(start);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no marks ${start} … ${end}`);
  return `${page.slice(0, from + start.length)}\n${text}\n${page.slice(to)}`;
};

/** The page with both blocks of numbers written anew; everything outside the marks stays. @throws Error that names the missing result */
export const withNumbers = (page: string, directory = RESULTS): string =>
  between(between(page, 'overhead', overheadText(directory)), 'demo', demoText(directory));

if (import.meta.main) writeFileSync(README, withNumbers(readFileSync(README, 'utf8')));
