// Whether something that is measured again and again grows: by more than it may for certain, or perhaps, in a window too short or too restless to tell.
import type { Check } from './stage.ts';
import { type Point, slopeOf } from './slope.ts';

const MIB = 2 ** 20;
const HOUR_S = 3_600;
const MOST_GROWTH_MIB = 1;
/** A leak that any window has to be able to tell from none, bytes a request. */
const LEAST_LEAK_BYTES = 256;

export type GrowthOf = {
  readonly name: string;
  /** Hours, and MiB. */
  readonly points: readonly Point[];
  /** Requests a second. */
  readonly rate: number;
};

/** A slope is over the bound when all of its interval is; an interval so wide that it would hide a leak of 256 bytes a request proves nothing. */
export const growth = ({ name, points, rate }: GrowthOf): Check => {
  const { slope, least, most } = slopeOf(points);
  const resolved = (most - least) / 2;
  const told = (LEAST_LEAK_BYTES * rate * HOUR_S) / MIB;
  const last = points.at(-1)?.value ?? 0;
  return {
    what: `${name} grows by ${slope.toFixed(1)} MiB/h (95 %: ${least.toFixed(1)} … ${most.toFixed(1)}), ${points.length} points, last ${last.toFixed(1)} MiB; told from zero are ${resolved.toFixed(1)} MiB/h, ${Math.ceil((resolved * MIB) / (rate * HOUR_S))} bytes a request`,
    findings: [
      ...(least > MOST_GROWTH_MIB ? [`that is more than ${MOST_GROWTH_MIB} MiB/h for certain`] : []),
      ...(resolved > told
        ? [`a leak of ${LEAST_LEAK_BYTES} bytes a request, ${told.toFixed(0)} MiB/h, could not be told from none`]
        : []),
    ],
  };
};
