// The demo's last word: the score as text a person can read, at most 100 columns wide.
import type { Score } from './score.ts';

type Align = 'left' | 'right';
type Column = { readonly title: string; readonly align: Align };

const GAP = '  ';

/** Plain columns; numbers to the right. */
const tableOf = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, at) => {
        const cell = cells[at] ?? '';
        return align === 'left' ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
      })
      .join(GAP)
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join(GAP);
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)].join('\n');
};

const left = (title: string): Column => ({ title, align: 'left' });
const right = (title: string): Column => ({ title, align: 'right' });

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const dollars = (usd: number): string => `$${usd.toFixed(4)}`;

const comparison = (score: Score): string => {
  const { baseline, best_single: best, random, oracle } = score;
  const row = (who: string, quality: number, spend?: number): string[] => [
    who,
    quality.toFixed(3),
    percent(quality / baseline.quality),
    spend === undefined ? '' : dollars(spend),
    spend === undefined ? '' : percent(spend / baseline.spend_usd),
  ];
  return tableOf(
    [left(''), right('quality'), right('of baseline'), right('spend'), right('of baseline')],
    [
      row('Bourse', score.quality, score.spend_usd),
      row('coin flip of fixed models, same spend', score.hull_quality),
      row(`baseline: always ${baseline.model}`, baseline.quality, baseline.spend_usd),
      row(`best single: ${best.model}`, best.quality, best.spend_usd),
      row('random offer', random.quality, random.spend_usd),
      row('oracle (knows the truth)', oracle.quality, oracle.spend_usd),
    ],
  );
};

const shares = ({ by_model: lines }: Score): string =>
  tableOf(
    [left('offer'), right('requests'), right('share'), right('before the fall'), right('after it')],
    lines.map((line) => [
      line.offer,
      String(line.requests),
      percent(line.share),
      percent(line.share_before_change),
      percent(line.share_after_change),
    ]),
  );

const changeText = ({ price_change: change }: Score): string[] => {
  if (!change) return [];
  const moved =
    change.requests_until_moved === null
      ? 'no request moved to it'
      : `its model's request ${change.requests_until_moved} after it was the first to go there`;
  return [
    `Before request ${change.at_request} the price of ${change.offer} fell to ${percent(change.factor)}:`,
    `  ${moved}; its share went from ${percent(change.share_before)} to ${percent(change.share_after)}.`,
  ];
};

const outageText = ({ outage }: Score): string[] =>
  outage
    ? [
        `${outage.provider} was down for requests ${outage.from_request} to ${outage.to_request - 1}:`,
        `  ${outage.fallbacks} fell back, ${outage.failed} failed.`,
      ]
    : [];

const FAILURES_SHOWN = 5;

export const scoreText = (score: Score): string => {
  const { requests, failed, fallbacks, judged, failures } = score;
  const failureLines = failures
    .slice(0, FAILURES_SHOWN)
    .map(({ index, code, message }) => `  request ${index}: ${code}: ${message}`.slice(0, 100));
  return [
    `${requests} requests, ${failed} failed, ${fallbacks} answered after a fallback; feedback on ${judged}.`,
    ...failureLines,
    '',
    comparison(score),
    '',
    shares(score),
    '',
    ...changeText(score),
    ...outageText(score),
    '',
  ].join('\n');
};
