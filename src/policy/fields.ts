// How one field of a policy file is checked, with a message that shows the right form.
import { z } from 'zod';
import { SHARE, TOKENS, type Unit } from './units.ts';

const MOST_ENTRIES = 100;
const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

const BARE_NUMBER = /^\d{1,12}(?:\.\d{1,12})?$/;

/** YAML takes > and < at the start of a value for its own. */
const inYaml = (example: string): string => (/^[<>]/.test(example) ? `"${example}"` : example);

const wrongForm = (
  { what, example, meant }: Pick<Unit<never>, 'what' | 'example' | 'meant'>,
  input: unknown,
): string => {
  const bare = typeof input === 'number' || typeof input === 'string' ? String(input) : '';
  const suggestion = BARE_NUMBER.test(bare) ? meant(bare) : undefined;
  return suggestion === undefined
    ? `expected ${what}, such as ${inYaml(example)}`
    : `a bare ${bare} has no unit: write ${suggestion}`;
};

/** A text with a unit, as what it means. */
export const measured = <Value>(unit: Unit<Value>) =>
  z
    .string({ error: (issue) => wrongForm(unit, issue.input) })
    .regex(whole(unit.pattern), { error: (issue) => wrongForm(unit, issue.input) })
    .meta({ examples: [unit.example] })
    .transform((text, context) => {
      const value = unit.read(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: wrongForm(unit, text) });
      return z.NEVER;
    });

/** As measured, or the word `none`: so that a default of nothing can be printed, and a rule can take a value away. */
export const measuredOrNone = <Value>(unit: Unit<Value>) =>
  measured<Value | 'none'>({
    ...unit,
    what: `${unit.what}, or none`,
    pattern: `none|${unit.pattern}`,
    read: (text) => (text === 'none' ? text : unit.read(text)),
    write: (value) => (value === 'none' ? 'none' : unit.write(value)),
  });

/** YAML reads 0.8 and 4096 as numbers; both are fine where the field's name is the unit. */
const numberOr = <Value>(unit: Unit<Value>, refused: (number: number) => string | undefined) =>
  z
    .union([z.string().regex(whole(unit.pattern)), z.number()], { error: (issue) => wrongForm(unit, issue.input) })
    .meta({ examples: [unit.example] })
    .transform((input, context) => {
      const text = String(input);
      const problem = typeof input === 'number' ? refused(input) : undefined;
      const value = whole(unit.pattern).test(text) ? unit.read(text) : undefined;
      if (value !== undefined && problem === undefined) return value;
      context.addIssue({ code: 'custom', message: problem ?? wrongForm(unit, input) });
      return z.NEVER;
    });

export const share = () =>
  numberOr(SHARE, (number) => (number === 1 ? 'a bare 1 could be 1% or 100%: write the one you mean' : undefined));

export const tokensOrNone = () =>
  numberOr<number | 'none'>(
    {
      ...TOKENS,
      what: `${TOKENS.what}, or none`,
      pattern: `none|${TOKENS.pattern}`,
      read: (text) => (text === 'none' ? text : TOKENS.read(text)),
      write: (tokens) => (tokens === 'none' ? 'none' : TOKENS.write(tokens)),
    },
    () => undefined,
  );

/** A word of a fixed form. */
export const word = (pattern: RegExp, expected: string) =>
  z.string({ error: `expected ${expected}` }).regex(pattern, { error: `expected ${expected}` });

export const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(MOST_ENTRIES);

/** One or a list: lists are OR. Always a list afterwards. */
export const oneOrMore = <Item extends z.ZodType>(item: Item) =>
  z.union([item, listOf(item)]).transform((value): z.output<Item>[] => (Array.isArray(value) ? value : [value]));

/** A list of names, or `any`: an empty list is refused, since nobody can tell whether it means none or all. */
export const namesOrAny = (pattern: RegExp, expected: string) =>
  z
    .union([
      z.literal('any'),
      z
        .array(word(pattern, expected))
        .min(1, { error: 'an empty list could mean none or all: write any, or name at least one' })
        .max(MOST_ENTRIES),
    ])
    .transform((value) => (value === 'any' ? [] : value));
