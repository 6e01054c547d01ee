// How differences of money are written: they can be negative, which amounts of money cannot.
import { formatUsd, nanoUsd } from '../core/money.ts';

/** @param nano whole nano-dollars, of either sign */
export const signedUsd = (nano: number): string =>
  nano < 0 ? `−${formatUsd(nanoUsd(-Math.round(nano)))}` : formatUsd(nanoUsd(Math.round(nano)));

/** 0.123 → "12.3 %", −0.4 → "−40.0 %" */
export const percent = (share: number): string => `${share < 0 ? '−' : ''}${Math.abs(share * 100).toFixed(1)} %`;

/** A change, with its sign: "+12.3 %", "−12.3 %" */
export const change = (share: number): string => (share < 0 ? percent(share) : `+${percent(share)}`);

/** Four significant digits, without the exponents nobody reads. */
export const dollars = (usd: number): string => {
  if (!Number.isFinite(usd)) return String(usd);
  const text = Number(Math.abs(usd).toPrecision(4))
    .toFixed(12)
    .replace(/\.?0+$/, '');
  return `${usd < 0 ? '−' : ''}$${text}`;
};
