// The backtest as a report: whether its estimates may be believed, what they say, and how that reads.
import { change, dollars, percent } from './amounts.ts';
import type { Compared, Estimate } from './backtest-estimate.ts';
import type { Interval } from './interval.ts';
import { textTable } from './table.ts';

/** Below so many requests' worth of evidence an interval is not to be trusted. */
export const LEAST_EFFECTIVE = 100;
/** Most of the tested policy's choices that may go where the log shows nothing, and most requests it may have to refuse. */
export const MOST_UNSUPPORTED = 0.05;
/** How far the mean weight may be from one: as far as chance takes it, and a little for probabilities that are good to 0.002. */
const WEIGHT_ERRORS = 4;
const WEIGHT_SLACK = 0.03;

/** refused: the log cannot tell · worse: quality certainly lower, or dollars certainly higher for quality that is not certainly higher. */
export type Verdict = 'better' | 'no worse' | 'worse' | 'refused';

export type Subject = {
  readonly policy: string;
  /** The policy whose traffic was decided again, and since when. */
  readonly traffic: string;
  readonly since: string;
  /** Requests of that traffic that were left out: a model was named, or they never ended. */
  readonly leftOut: number;
  /** Part of the requests for which the tested policy has nobody to ask. */
  readonly unservable: number;
};

const reasonsAgainst = ({ unservable }: Subject, found: Estimate): string[] => {
  const { meanWeight, unsupported, untried, usd, quality, requests } = found;
  const off = Math.abs(meanWeight.mean + unsupported - 1);
  const [most] = untried;
  return [
    ...(requests === 0 ? ['there is no settled request to decide again in this period'] : []),
    ...(unservable > MOST_UNSUPPORTED
      ? [`no offer passes the policy's requirements for ${percent(unservable)} of the requests`]
      : []),
    ...(unsupported > MOST_UNSUPPORTED && most
      ? [
          `${percent(unsupported)} of its choices go to models the traffic never tried (most: ${most.model}); ` +
            'let the live policy explore them first (models, explore.share)',
        ]
      : []),
    ...(requests > 0 && usd.effective < LEAST_EFFECTIVE
      ? [
          `the log is worth ${usd.effective.toFixed(0)} requests under this policy, ${LEAST_EFFECTIVE} are needed: ` +
            'more traffic, or more exploration in the live policy',
        ]
      : []),
    ...(requests > 0 && (quality?.effective ?? 0) < LEAST_EFFECTIVE
      ? [
          `judged answers are worth ${(quality?.effective ?? 0).toFixed(0)} under this policy, ${LEAST_EFFECTIVE} are needed: ` +
            'more feedback (POST /v1/feedback) or a longer --since',
        ]
      : []),
    ...(usd.effective >= LEAST_EFFECTIVE && off > WEIGHT_SLACK + WEIGHT_ERRORS * meanWeight.error
      ? [
          `weights average ${(meanWeight.mean + unsupported).toFixed(3)} and not one: the logged probabilities do not fit`,
        ]
      : []),
  ];
};

/** What sums of the same numbers in another order may differ by: a policy is not worse than itself. */
const ROUNDING = 1e-9;

const verdictOf = (against: readonly string[], { usd, quality }: Estimate): Verdict => {
  if (against.length > 0 || !quality) return 'refused';
  const [better, worse] = [quality.difference.low > ROUNDING, quality.difference.high < -ROUNDING];
  const rounding = ROUNDING * usd.logged.mean;
  if (worse || (usd.difference.low > rounding && !better)) return 'worse';
  return better || usd.difference.high < -rounding ? 'better' : 'no worse';
};

const intervalJson = ({ mean, low, high }: Interval) => ({ mean, ci95: [low, high] as const });
const comparedJson = ({ logged, tested, difference, effective }: Compared) => ({
  logged: intervalJson(logged),
  tested: intervalJson(tested),
  difference: intervalJson(difference),
  effective_sample: effective,
});

const shown = ({ mean, low, high }: Interval, write: (value: number) => string): string =>
  `${write(mean)} (${write(low)} … ${write(high)})`;

const rowOf = (
  title: string,
  { logged, tested, difference, effective }: Compared,
  write: (value: number) => string,
) => [title, shown(logged, write), shown(tested, write), shown(difference, write), effective.toFixed(0)];

const textOf = (subject: Subject, found: Estimate, { verdict, against }: Judged): string => {
  const { usd, quality, meanWeight, unsupported, requests, judged } = found;
  const columns = [
    { title: '' },
    ...['as logged', 'tested', 'difference', 'worth requests'].map((title) => ({ title })),
  ];
  const saved = usd.logged.mean > 0 ? ` ${change(usd.difference.mean / usd.logged.mean)} dollars a request.` : '';
  return [
    `${subject.policy} on ${requests} requests of ${subject.traffic} since ${subject.since}, ${judged} judged; 95 % intervals`,
    '',
    textTable(columns, [
      ...(quality ? [rowOf('quality', quality, (value) => value.toFixed(4))] : []),
      rowOf('dollars a request', usd, dollars),
    ]),
    '',
    `weights average ${meanWeight.mean.toFixed(3)} ± ${(1.96 * meanWeight.error).toFixed(3)}; ${percent(unsupported)} of the choices untried in the log.`,
    ...(subject.leftOut > 0 ? [`${subject.leftOut} requests left out: a model was named, or they never ended.`] : []),
    ...against.map((why) => `refused: ${why}`),
    ...(verdict === 'refused' ? [] : [`${verdict}.${saved}`]),
  ].join('\n');
};

type Judged = { readonly verdict: Verdict; readonly against: readonly string[] };

export const backtestReport = (subject: Subject, found: Estimate) => {
  const against = reasonsAgainst(subject, found);
  const verdict = verdictOf(against, found);
  return {
    verdict,
    json: {
      policy: subject.policy,
      traffic: subject.traffic,
      since: subject.since,
      verdict,
      refused_because: against,
      requests: found.requests,
      left_out: subject.leftOut,
      unservable_share: subject.unservable,
      judged: found.judged,
      mean_weight: found.meanWeight.mean,
      mean_weight_error: found.meanWeight.error,
      unsupported_share: found.unsupported,
      untried: found.untried.slice(0, 10),
      quality: found.quality ? comparedJson(found.quality) : null,
      usd_per_request: comparedJson(found.usd),
    },
    text: (): string => textOf(subject, found, { verdict, against }),
  };
};
