// How a cap on spend is read and written: a rate of dollars, hard unless it says soft.
import type { SpendLimit } from '../core/policy.ts';
import { RATE, type Unit } from './units.ts';

const SOFT = ' soft';

/** A cap on spend: hard unless it says otherwise. */
export const SPEND: Unit<SpendLimit> = {
  ...RATE,
  pattern: `${RATE.pattern}(?:${SOFT})?`,
  read: (text) => {
    const isSoft = text.endsWith(SOFT);
    const rate = RATE.read(isSoft ? text.slice(0, -SOFT.length) : text);
    return rate && (isSoft ? { ...rate, soft: true } : rate);
  },
  write: (limit) => `${RATE.write(limit)}${limit.soft ? SOFT : ''}`,
};
