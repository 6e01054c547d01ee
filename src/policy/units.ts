// How a value with a unit is read from a policy file and written back: money, durations, tokens, shares and the like.
import { type NanoUsd, nanoUsd, type PicoUsdPerUnit, picoUsdPerUnit } from '../core/money.ts';
import { isModelKey, type ModelKey, modelKey } from '../core/offer.ts';
import type { NumberTest } from '../core/policy.ts';
import { type Period, PERIODS, PERIODS_MS, periodOf } from '../core/window.ts';

export type Unit<Value> = {
  /** What stands in a message: "money". */
  readonly what: string;
  readonly example: string;
  /** Source of a regular expression for the whole text, without anchors; it also stands in schema.json. */
  readonly pattern: string;
  /** What somebody who wrote a bare number most likely meant, where that can be told. */
  readonly meant: (bare: string) => string | undefined;
  /** undefined: the text fits the pattern and still says nothing (out of range). */
  readonly read: (text: string) => Value | undefined;
  /** read(write(value)) is the value. */
  readonly write: (value: Value) => string;
};

export type RateUsd = { readonly amount: NanoUsd; readonly periodMs: number };
export type QualityFloor = { readonly share: number; readonly of: ModelKey };

const { hour: HOUR, day: DAY } = PERIODS_MS;

const isPeriod = (text: string): text is Period => Object.hasOwn(PERIODS_MS, text);

// Decimal text is moved by its exponent and never multiplied, so $0.07 is exactly 70 000 000 nano-dollars.
const shifted = (decimal: string, places: number): number => Number(`${decimal}e${places}`);

const unshifted = (value: number, places: number): string => {
  const digits = String(value).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction.padEnd(2, '0')}`;
};

const USD = String.raw`\$\d{1,6}(?:\.\d{1,9})?`;

export const MONEY: Unit<NanoUsd> = {
  what: 'an amount of money below $1,000,000',
  example: '$0.02',
  pattern: USD,
  meant: (bare) => `$${bare}`,
  read: (text) => nanoUsd(shifted(text.slice(1), 9)),
  write: (amount) => `$${unshifted(amount, 9)}`,
};

export const RATE: Unit<RateUsd> = {
  what: 'money per hour, day, week or month',
  example: '$40/day',
  pattern: `${USD}/(?:${PERIODS.join('|')})`,
  meant: (bare) => `$${bare}/day`,
  read: (text) => {
    const [amount = '', period = ''] = text.split('/');
    if (!isPeriod(period)) return undefined;
    return { amount: nanoUsd(shifted(amount.slice(1), 9)), periodMs: PERIODS_MS[period] };
  },
  write: ({ amount, periodMs }) => `${MONEY.write(amount)}/${periodOf(periodMs) ?? 'day'}`,
};

/** Exploration is counted per day. */
export const PER_DAY: Unit<NanoUsd> = {
  ...RATE,
  what: 'money per day',
  example: '$1/day',
  pattern: `${USD}/day`,
  read: (text) => RATE.read(text)?.amount,
  write: (amount) => `${MONEY.write(amount)}/day`,
};

export const PRICE: Unit<PicoUsdPerUnit> = {
  what: 'a price per million tokens',
  example: '$0.50/M',
  pattern: String.raw`\$\d{1,6}(?:\.\d{1,6})?/M`,
  meant: (bare) => `$${bare}/M`,
  read: (text) => picoUsdPerUnit(shifted(text.slice(1, -2), 6)),
  write: (price) => `$${unshifted(price, 6)}/M`,
};

const SPANS_MS = { d: DAY, h: HOUR, m: 60_000, s: 1000, ms: 1 } as const;
const isSpan = (text: string): text is keyof typeof SPANS_MS => Object.hasOwn(SPANS_MS, text);
const LONGEST_MS = 366 * DAY;

/** Whole milliseconds, more than none. */
export const DURATION: Unit<number> = {
  what: 'a duration from 1ms to 366d (ms, s, m, h, d)',
  example: '2s',
  pattern: String.raw`\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d)`,
  meant: (bare) => `${bare}s`,
  read: (text) => {
    const span = text.replace(/^[\d.]+/, '');
    const thousandths = shifted(text.slice(0, text.length - span.length), 3);
    const milliseconds = isSpan(span) ? (thousandths * SPANS_MS[span]) / 1000 : 0;
    return Number.isInteger(milliseconds) && milliseconds >= 1 && milliseconds <= LONGEST_MS ? milliseconds : undefined;
  },
  write: (milliseconds) => {
    const span = (['d', 'h', 'm', 's'] as const).find((name) => milliseconds % SPANS_MS[name] === 0) ?? 'ms';
    return `${milliseconds / SPANS_MS[span]}${span}`;
  },
};

const TOKENS_PATTERN = String.raw`\d{1,9}|\d{1,6}(?:\.\d{1,3})?k`;

/** A thousand to the k. A plain number is fine: the name of the field says tokens. */
export const TOKENS: Unit<number> = {
  what: 'a whole number of tokens, at least 1',
  example: '4k',
  pattern: TOKENS_PATTERN,
  meant: () => undefined,
  read: (text) => {
    const tokens = text.endsWith('k') ? shifted(text.slice(0, -1), 3) : Number(text);
    return tokens >= 1 ? tokens : undefined;
  },
  write: (tokens) => (tokens % 1000 === 0 ? `${tokens / 1000}k` : String(tokens)),
};

const SHARE_PATTERN = String.raw`(?:\d{1,2}(?:\.\d{1,4})?|100)%|0(?:\.\d{1,6})?`;

/** [0, 1]. A bare 1 is refused: it could be one percent or all. */
export const SHARE: Unit<number> = {
  what: 'a share from 0% to 100%',
  example: '2%',
  pattern: SHARE_PATTERN,
  meant: (bare) => `${bare}%`,
  read: (text) => (text.endsWith('%') ? shifted(text.slice(0, -1), -2) : Number(text)),
  write: (share) => `${Number((share * 100).toPrecision(12))}%`,
};

export const FLOOR: Unit<QualityFloor> = {
  what: 'a share of a model’s quality',
  example: '0.95 of openai/gpt-5.2',
  pattern: String.raw`(?:${SHARE_PATTERN}|1) +of +\S{3,200}`,
  meant: (bare) => `${bare} of openai/gpt-5.2`,
  read: (text) => {
    const [amount = '', , of = ''] = text.split(/ +/);
    const share = amount === '1' ? 1 : SHARE.read(amount);
    return share !== undefined && share > 0 && isModelKey(of) ? { share, of: modelKey(of) } : undefined;
  },
  write: ({ share, of }) => `${share === 1 ? '1' : Number(share.toPrecision(12))} of ${of}`,
};

const OPERATORS = ['<', '<=', '>', '>='] as const;

const testOf = (
  value: Pick<Unit<number>, 'read' | 'write' | 'pattern'>,
): Omit<Unit<NumberTest>, 'what' | 'example'> => ({
  pattern: `(?:<=|>=|<|>) ?(?:${value.pattern})`,
  meant: (bare) => `"> ${bare}"`,
  read: (text) => {
    const symbol = text.replace(/[^<>=].*$/, '');
    const op = OPERATORS.find((candidate) => candidate === symbol);
    const number = value.read(text.slice(symbol.length).trim());
    return op && number !== undefined ? { op, value: number } : undefined;
  },
  write: ({ op, value: number }) => `${op} ${value.write(number)}`,
});

export const DIFFICULTY_TEST: Unit<NumberTest> = {
  what: 'a test of a number from 0 to 1, in quotes',
  example: '> 0.7',
  ...testOf({ pattern: String.raw`0(?:\.\d{1,6})?|1(?:\.0{1,6})?`, read: Number, write: String }),
};

export const TOKENS_TEST: Unit<NumberTest> = {
  what: 'a test of a number of tokens, in quotes',
  example: '> 8k',
  ...testOf(TOKENS),
};

export const passes = ({ op, value }: NumberTest, number: number): boolean => {
  switch (op) {
    case '<':
      return number < value;
    case '<=':
      return number <= value;
    case '>':
      return number > value;
    case '>=':
      return number >= value;
    default:
      return op satisfies never;
  }
};
