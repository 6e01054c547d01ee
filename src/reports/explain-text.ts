// How an explanation reads in a terminal, from the question most people have to the one few have.
import { CONSTRAINTS } from '../core/decision.ts';
import { change, dollars, percent } from './amounts.ts';
import type { Explanation, QuoteLine } from './explanation.ts';
import type { Flips, PriceFlip } from './flip.ts';
import { type Column, textTable } from './table.ts';

const right = (title: string): Column => ({ title, align: 'right' });

const seconds = (ms: number | undefined): string => (ms === undefined ? '–' : `${(ms / 1000).toFixed(2)} s`);

const priceText = ({ inputPrice, outputPrice }: QuoteLine): string =>
  `${inputPrice === undefined ? '?' : dollars(inputPrice)} / ${outputPrice === undefined ? '?' : dollars(outputPrice)}`;

/** A terminal is not a file: so many quotes, and so many names of a kind; the JSON has them all. */
const MOST_QUOTES = 12;
const MOST_NAMES = 5;

const more = (count: number, what: string): string[] => (count > 0 ? [`… and ${count} more ${what}`] : []);

const named = (names: readonly string[]): string => {
  const rest = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};

const quoteTable = (quotes: readonly QuoteLine[]): string =>
  textTable(
    [
      { title: 'offer' },
      right('in / out per M'),
      right('cost'),
      right('quality'),
      right('drawn'),
      right('time'),
      right('utility'),
      right('chance'),
    ],
    quotes.map((line) => [
      line.offer,
      priceText(line),
      dollars(line.cost),
      `${line.quality.mean.toFixed(3)} ± ${line.quality.sd.toFixed(3)}`,
      line.drawn.toFixed(3),
      seconds(line.totalMs),
      dollars(line.utility),
      percent(line.probability),
    ]),
  );

/** Where a cost is not what the rates say. */
const raisedLine = ({ offer, raisedBy = 1 }: QuoteLine): string[] =>
  raisedBy > 1 ? [`${offer} is expected to cost ${raisedBy.toFixed(3)}× its rates: that is what its seller bills`] : [];

const FIXED: Readonly<Record<NonNullable<Flips['fixed']>, string>> = {
  pinned: 'No price would have changed it: the caller chose.',
  holdout: 'No price would have changed it: chance put this request into the control group.',
  order: 'No price would have changed it: the policy’s list decides.',
  fastest: 'No price would have changed it: the policy asks for the fastest.',
};

/** "goes to B if its price falls below $0.0012 (−12.0 %)": of this request; the same factor holds for every rate. */
const fallText = ({ offer, costAt, change: by }: PriceFlip): string =>
  `goes to ${offer} if its price falls below ${dollars(costAt)} for this request (${change(by)})`;

const flipLines = ({ falls, rise, never, fixed }: Flips): string[] => [
  ...(fixed ? [FIXED[fixed]] : []),
  ...falls.slice(0, MOST_NAMES).map(fallText),
  ...more(falls.length - MOST_NAMES, 'that would have to fall further'),
  ...(rise
    ? [`stays at ${rise.offer} until its own price rises above ${dollars(rise.costAt)} (${change(rise.change)})`]
    : []),
  ...(never.length > 0 ? [`${named(never)} would not go first even for nothing`] : []),
];

/** By constraint, in the order they are tested: how many, and the first few with what they lacked. */
const removedTable = (removed: Explanation['removed']): string => {
  const groups = CONSTRAINTS.map((by) => ({ by, offers: removed.filter((each) => each.by === by) }));
  const rows = groups.flatMap(({ by, offers }) => {
    const shown = offers.slice(0, MOST_NAMES).map(({ offer, detail }) => [offer, detail]);
    const rest = more(offers.length - MOST_NAMES, '').map((line) => [line.trim()]);
    return [...shown, ...rest].map((cells, index) =>
      index === 0 ? [by, String(offers.length), ...cells] : ['', '', ...cells],
    );
  });
  return textTable([{ title: 'by' }, right('offers'), { title: 'which' }, { title: 'why' }], rows);
};

const attemptTable = ({ attempts }: Explanation): string =>
  textTable(
    [
      right('try'),
      { title: 'offer' },
      { title: 'result' },
      right('cost'),
      { title: '' },
      right('first token'),
      right('time'),
    ],
    attempts.map((line) => [
      String(line.attempt),
      line.offer,
      line.status === undefined ? line.result : `${line.result} (${line.status})`,
      dollars(line.cost),
      line.costStatus,
      seconds(line.firstTokenMs),
      seconds(line.totalMs),
    ]),
  );

const outcomeText = ({ outcome }: Explanation): string[] => {
  if (!outcome) return [];
  const baseline =
    outcome.baselineCost === undefined ? '' : `; the baseline would have cost ${dollars(outcome.baselineCost)}`;
  const error = outcome.error === undefined ? '' : ` (${outcome.error})`;
  return [
    `${outcome.status}${error} at ${outcome.offer} for ${dollars(outcome.cost)}, ${outcome.costStatus}${baseline}`,
  ];
};

const section = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? ['', title, ...lines] : []);

export const explanationText = (explanation: Explanation): string => {
  const { requestId, at, policy, rule, task, difficulty, why, exchangeRate, quotes, removed, flips } = explanation;
  const by = rule === 0 ? policy : `${policy}, rule ${rule}`;
  return [
    `Request ${requestId}, ${new Date(at).toISOString()}: ${task}, difficulty ${difficulty.toFixed(2)}, policy ${by}`,
    `Went to ${why}`,
    `One unit of quality is worth ${dollars(exchangeRate)}.`,
    ...section('Quotes', [
      ...(quotes.length > 0 ? [quoteTable(quotes.slice(0, MOST_QUOTES))] : []),
      ...more(quotes.length - MOST_QUOTES, 'quotes; --json has them all'),
      ...quotes.flatMap(raisedLine),
    ]),
    ...section('What would change it', flipLines(flips)),
    ...section('Removed', removed.length > 0 ? [removedTable(removed)] : []),
    ...section('Attempts', explanation.attempts.length > 0 ? [attemptTable(explanation)] : []),
    ...section('Outcome', outcomeText(explanation)),
    ...section(
      'Feedback',
      explanation.feedback.map(
        ({ source, score, label }) => `${source}: ${score}${label === undefined ? '' : ` (${label})`}`,
      ),
    ),
  ].join('\n');
};
