// How fast hosts were, as feeds state it: units checked, and told of the host itself as well as of the gateway in front of it.
import { median } from 'simple-statistics';
import type { FeedSpeed } from '../../core/ports.ts';
import { known } from './parsed.ts';
import { providerName } from './providers.ts';

/** Nothing answers slower than this and is still measured. */
const MOST_FIRST_TOKEN_MS = 600_000;
const MOST_TOKENS_PER_SECOND = 100_000;
/** A list whose median first token lies outside was written in another unit: seconds below, microseconds above. */
const PLAUSIBLE_MEDIAN_MS = { least: 20, most: 60_000 } as const;
/** Quantiles of the normal: where the 95th percentile of a log-normal lies between the 90th and the 99th. */
const P95_BETWEEN_P90_AND_P99 = (1.645 - 1.282) / (2.326 - 1.282);

type Figures = Omit<FeedSpeed, 'provider' | 'wireId'>;

/** One host that serves one model behind a gateway. */
export type Measured = {
  /** As the feed names it. */
  readonly host: string;
  /** The model's id at the gateway, and that of this host's endpoint. */
  readonly wireId: string;
  readonly endpoint: string;
  readonly figures: Figures;
};

const within = (value: unknown, most: number): number | undefined =>
  typeof value === 'number' && value > 0 && value <= most ? value : undefined;

/** Zero means unknown wherever it was seen. */
export const firstTokenMs = (value: unknown): number | undefined => within(value, MOST_FIRST_TOKEN_MS);
export const tokensPerSecond = (value: unknown): number | undefined => within(value, MOST_TOKENS_PER_SECOND);
/** From percent, to the millionth. Zero is an outage and is known. */
export const shareOfPercent = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= 100 ? Math.round(value * 1e4) / 1e6 : undefined;

/** The 95th percentile as it is stated, or from its neighbours. */
export const percentile95 = (latency: Readonly<Record<string, unknown>>): number | undefined => {
  const stated = firstTokenMs(latency['p95']);
  const [p90, p99] = [firstTokenMs(latency['p90']), firstTokenMs(latency['p99'])];
  if (stated !== undefined || p90 === undefined || p99 === undefined) return stated;
  return p90 * (p99 / p90) ** P95_BETWEEN_P90_AND_P99;
};

const MERGED = ['firstTokenMs', 'firstTokenMsP95', 'tokensPerSecond', 'uptime'] as const;

const figuresOf = (
  all: readonly Figures[],
  pick: (name: keyof Figures, values: readonly number[]) => number,
): Figures =>
  known<Figures>(
    Object.fromEntries(
      MERGED.map((name) => {
        const values = all.flatMap((figures) => figures[name] ?? []);
        return [name, values.length > 0 ? pick(name, values) : undefined];
      }),
    ),
  );

/** One host may serve a model several ways under one name of ours: the slower is promised. */
const slower = (name: keyof Figures, values: readonly number[]): number =>
  name === 'firstTokenMs' || name === 'firstTokenMsP95' ? Math.max(...values) : Math.min(...values);
const middle = (_name: keyof Figures, values: readonly number[]): number => median([...values]);

const grouped = (all: readonly Measured[], keyOf: (one: Measured) => string): readonly (readonly Measured[])[] => [
  ...Map.groupBy(all, keyOf).values(),
];

/** Why nothing here can be believed, or undefined. */
const wrongUnit = (all: readonly Measured[]): string | undefined => {
  const first = all.flatMap(({ figures }) => figures.firstTokenMs ?? []);
  const uptimes = all.flatMap(({ figures }) => figures.uptime ?? []);
  if (first.length > 0) {
    const typical = median(first);
    if (typical < PLAUSIBLE_MEDIAN_MS.least || typical > PLAUSIBLE_MEDIAN_MS.most)
      return `a median first token of ${typical} is not in milliseconds`;
  }
  return uptimes.length > 0 && median(uptimes) <= 0.01 ? 'uptimes are not in percent' : undefined;
};

/**
 * Each measured host three times: as the endpoint of the gateway, under its own name (what a direct offer can expect), and as part of the
 * gateway's median, since a gateway picks the host.
 */
export const speedsOf = (
  gateway: string,
  measured: readonly Measured[],
): { readonly speeds: readonly FeedSpeed[]; readonly fault?: string } => {
  const all = measured.filter(({ figures }) => Object.keys(figures).length > 0);
  const fault = wrongUnit(all);
  if (fault) return { speeds: [], fault };
  const endpoints = all.map(({ endpoint, figures }) => ({ provider: gateway, wireId: endpoint, ...figures }));
  const hosts = grouped(all, ({ host, wireId }) => `${providerName(host)} ${wireId}`).flatMap((ways) => {
    const [one] = ways;
    if (!one) return [];
    const figures = figuresOf(
      ways.map((way) => way.figures),
      slower,
    );
    return [{ provider: providerName(one.host), wireId: one.wireId, ...figures }];
  });
  const gateways = grouped(all, ({ wireId }) => wireId).flatMap((ways) => {
    const [one] = ways;
    if (!one) return [];
    const figures = figuresOf(
      ways.map((way) => way.figures),
      middle,
    );
    return [{ provider: gateway, wireId: one.wireId, ...figures }];
  });
  return { speeds: [...endpoints, ...hosts, ...gateways] };
};
