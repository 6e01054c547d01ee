// How a demo run is judged against the truth: fixed models, their coin-flip hull, chance, and the best that was possible.
import { mean, sum } from 'simple-statistics';
import type { ModelKey } from '../core/offer.ts';
import { MODELS } from './cast.ts';
import { type Alternative, alternativesTo } from './counterfactual.ts';
import { hullAt } from './hull.ts';
import { changeOf, modelOf, outageOf, sharesOf } from './incidents-report.ts';
import type { Entry, RunLog } from './log.ts';
import type { Truth } from './truth.ts';

export type Line = { readonly quality: number; readonly spend_usd: number };
export type ModelLine = Line & { readonly model: string };

/** The demo's JSON. Qualities are means over all requests, in [0,1]; an unanswered request has quality 0. */
export type Score = Line & {
  readonly requests: number;
  readonly failed: number;
  readonly fallbacks: number;
  readonly judged: number;
  readonly baseline: ModelLine;
  readonly best_single: ModelLine;
  readonly random: Line;
  readonly oracle: Line & { readonly defined: string };
  readonly hull_quality: number;
  readonly fixed: readonly ModelLine[];
  readonly by_model: ReturnType<typeof sharesOf>;
  readonly price_change: ReturnType<typeof changeOf>;
  readonly outage: ReturnType<typeof outageOf>;
  readonly failures: readonly { readonly index: number; readonly code: string; readonly message: string }[];
};

type Judged = { readonly entry: Entry; readonly alternatives: readonly Alternative[] };

const sumOf = <T>(list: readonly T[], valueOf: (item: T) => number): number => sum(list.map(valueOf));
const meanOf = <T>(list: readonly T[], valueOf: (item: T) => number): number =>
  list.length === 0 ? 0 : mean(list.map(valueOf));

const least = (alternatives: readonly Alternative[], valueOf: (one: Alternative) => number): Alternative | undefined =>
  alternatives.toSorted((a, b) => valueOf(a) - valueOf(b))[0];

const lineOf = (judged: readonly Judged[], chosen: (one: Judged) => Alternative | undefined): Line => ({
  quality: meanOf(judged, (one) => chosen(one)?.quality ?? 0),
  spend_usd: sumOf(judged, (one) => chosen(one)?.usd ?? 0),
});

/** Always this model, at its cheapest host of that moment; what it cannot serve has quality 0 and costs nothing. */
const fixedLine = (judged: readonly Judged[], model: ModelKey): ModelLine => {
  const cheapest = ({ alternatives }: Judged): Alternative | undefined =>
    least(
      alternatives.filter((one) => one.offer.model === model),
      (one) => one.usd,
    );
  return { model, ...lineOf(judged, cheapest) };
};

/** Every offer that can serve a request as likely as the others: the expected line, so that it has no luck in it. */
const randomLine = (judged: readonly Judged[]): Line => ({
  quality: meanOf(judged, ({ alternatives }) => meanOf(alternatives, (one) => one.quality)),
  spend_usd: sumOf(judged, ({ alternatives }) => meanOf(alternatives, (one) => one.usd)),
});

const qualityOf = ({ result, subject }: Entry, truth: Truth): number => {
  if (result.kind === 'failed') return 0;
  return truth.quality(modelOf(result.offer), subject);
};

const summaryOf = (entries: readonly Entry[], truth: Truth) => {
  const failures = entries.flatMap(({ index, result }) =>
    result.kind === 'failed' ? [{ index, code: result.code, message: result.message }] : [],
  );
  return {
    requests: entries.length,
    failed: failures.length,
    fallbacks: entries.filter((entry) => entry.result.kind === 'answered' && entry.attempts > 1).length,
    judged: entries.filter((entry) => entry.reward !== undefined).length,
    quality: meanOf(entries, (entry) => qualityOf(entry, truth)),
    spend_usd: sumOf(entries, (entry) => entry.spendUsd),
    failures,
  };
};

export type ScoreInput = {
  readonly log: RunLog;
  readonly truth: Truth;
  readonly baseline: ModelKey;
  /** The policy's exchange rate: dollars for one unit of quality. */
  readonly worthUsd: number;
};

export const scoreRun = ({ log, truth, baseline, worthUsd }: ScoreInput): Score => {
  const { entries, priceChange } = log;
  const judged = entries.map((entry) => ({ entry, alternatives: alternativesTo(entry, { truth, priceChange }) }));
  const fixed = MODELS.map(({ model }) => fixedLine(judged, model));
  const loss = ({ quality, usd }: { quality: number; usd: number }): number => usd - worthUsd * quality;
  const count = Math.max(1, entries.length);
  const lossOf = (line: Line): number => loss({ quality: line.quality, usd: line.spend_usd / count });
  const [best = fixedLine(judged, baseline)] = fixed.toSorted((a, b) => lossOf(a) - lossOf(b));
  const { failures, ...summary } = summaryOf(entries, truth);
  return {
    ...summary,
    baseline: fixedLine(judged, baseline),
    best_single: best,
    random: randomLine(judged),
    oracle: {
      ...lineOf(judged, ({ alternatives }) => least(alternatives, loss)),
      defined: `per request, the offer with the largest true quality × $${worthUsd} − true cost`,
    },
    hull_quality: hullAt(
      fixed.map((line) => ({ usd: line.spend_usd / count, quality: line.quality })),
      summary.spend_usd / count,
    ),
    fixed,
    by_model: sharesOf(log),
    price_change: changeOf(log),
    outage: outageOf(log),
    failures,
  };
};
