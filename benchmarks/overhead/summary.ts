// Rounds into rows: the median and the range of every figure, what a target adds to the same round's direct calls, and its CPU over the bare proxy's.
import { median } from 'simple-statistics';
import { isPaced, type Scene } from './scenes.ts';
import { CHUNKS } from './words.ts';

/** One scene on one target in one round. */
export type Figures = {
  readonly perSecond: number;
  /** µs of the target's CPU per answer; absent for the upstream itself and where there is no /proc. */
  readonly cpuMicros?: number;
  readonly firstP50: number;
  readonly firstP99: number;
  readonly p50: number;
  readonly p99: number;
  /** Share of a core that load generator and upstream took together. */
  readonly loadCpu: number;
  readonly targetCpu?: number;
};

/** target → scene → figures. */
export type Round = ReadonlyMap<string, ReadonlyMap<string, Figures>>;

export type Measure = { readonly median: number; readonly least: number; readonly most: number };

export type Row = {
  readonly scene: string;
  readonly target: string;
  readonly perSecond: Measure;
  readonly cpuMicros?: Measure;
  readonly cpuMicrosPerChunk?: Measure;
  /** CPU per answer over the bare proxy's in the same round. */
  readonly cpuOverBare?: Measure;
  /** ms; of paced scenes only: under saturation they say how many wait, not how long one takes. */
  readonly p50?: Measure;
  readonly p99?: Measure;
  readonly addedP50?: Measure;
  readonly addedP99?: Measure;
  readonly firstP50?: Measure;
  readonly firstP99?: Measure;
  readonly addedFirstP50?: Measure;
  readonly addedFirstP99?: Measure;
  readonly loadCpu: Measure;
  /** The load was the limit: `perSecond` is a lower bound of what the target can do. CPU per answer stands. */
  readonly loadBound: boolean;
};

/** Beyond this share of its core the load may be what holds the numbers down. */
const LOAD_LIMIT = 0.8;

const rounded = (value: number): number => Number(value.toPrecision(4));

const measureOf = (values: readonly (number | undefined)[]): Measure | undefined => {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  return { median: rounded(median(known)), least: rounded(Math.min(...known)), most: rounded(Math.max(...known)) };
};

const known = (measures: Readonly<Record<string, Measure | undefined>>): Record<string, Measure> =>
  Object.fromEntries(Object.entries(measures).flatMap(([name, measure]) => (measure ? [[name, measure]] : [])));

const latencyOf = (values: (figure: keyof Figures, minus?: string) => (number | undefined)[], stream: boolean) => ({
  p50: measureOf(values('p50')),
  p99: measureOf(values('p99')),
  ...(stream
    ? {
        firstP50: measureOf(values('firstP50')),
        firstP99: measureOf(values('firstP99')),
        addedFirstP50: measureOf(values('firstP50', 'direct')),
        addedFirstP99: measureOf(values('firstP99', 'direct')),
      }
    : { addedP50: measureOf(values('p50', 'direct')), addedP99: measureOf(values('p99', 'direct')) }),
});

const rowOf = (rounds: readonly Round[], scene: Scene, target: string): Row => {
  const in1 = (round: Round, name: string) => round.get(name)?.get(scene.name);
  const values = (figure: keyof Figures, minus?: string): (number | undefined)[] =>
    rounds.map((round) => {
      const value = in1(round, target)?.[figure];
      const other = minus === undefined ? 0 : in1(round, minus)?.[figure];
      return value === undefined || other === undefined ? undefined : value - other;
    });
  const overBare = rounds.map((round) => {
    const [mine, bare] = [in1(round, target)?.cpuMicros, in1(round, 'bare')?.cpuMicros];
    return mine === undefined || bare === undefined ? undefined : mine / bare;
  });
  const none: Measure = { median: Number.NaN, least: Number.NaN, most: Number.NaN };
  const loadCpu = measureOf(values('loadCpu')) ?? none;
  return {
    scene: scene.name,
    target,
    perSecond: measureOf(values('perSecond')) ?? none,
    ...known({
      cpuMicros: measureOf(values('cpuMicros')),
      cpuMicrosPerChunk: scene.stream
        ? measureOf(values('cpuMicros').map((micros) => micros && micros / CHUNKS))
        : undefined,
      cpuOverBare: measureOf(overBare),
      ...(isPaced(scene) ? latencyOf(values, scene.stream) : {}),
    }),
    loadCpu,
    loadBound: loadCpu.median > LOAD_LIMIT,
  };
};

export const rowsOf = (
  rounds: readonly Round[],
  scenes: readonly Scene[],
  targets: readonly string[],
): readonly Row[] => scenes.flatMap((scene) => targets.map((target) => rowOf(rounds, scene, target)));
