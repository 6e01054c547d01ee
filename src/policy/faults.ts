// What zod has to say about a policy file, as sentences for the person who wrote it.
import type { z } from 'zod';
import type { Fault, Path } from './resolve.ts';
import { didYouMean } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** A message never repeats more of a file than this. */
const LONGEST_QUOTE = 60;
const MOST_WORDS = 12;

const isPathPart = (part: PropertyKey): part is string | number => typeof part !== 'symbol';

const quoted = (input: unknown): string => {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const short = text ?? 'nothing';
  return short.length > LONGEST_QUOTE ? `${short.slice(0, LONGEST_QUOTE)}…` : short;
};

const kindOf = (input: unknown): string => {
  if (input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  return typeof input === 'object' ? 'a map' : quoted(input);
};

const KINDS: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
};

/** How near a branch of a union came: the one that fails deeper, or on more than the kind of value, was meant. */
const nearness = (issues: readonly Issue[]): number =>
  Math.max(...issues.map((issue) => issue.path.length * 10 + (issue.code === 'invalid_type' ? 0 : 1))) +
  (issues.some((issue) => issue.code === 'unrecognized_keys' || issue.code === 'custom') ? 2 : 0);

/** What a single issue says, without its place; unions and unknown fields are handled by faultsOf. */
const messageOf = (issue: Issue): string => {
  switch (issue.code) {
    case 'invalid_value': {
      const words = issue.values.slice(0, MOST_WORDS).map(String);
      const stated = issue.message.startsWith('Invalid') ? `expected ${words.join(', ')}` : issue.message;
      const wrote = typeof issue.input === 'string' ? didYouMean(issue.input, words) : '';
      return issue.input === undefined ? 'is missing' : `${stated}; found ${kindOf(issue.input)}${wrote}`;
    }
    case 'invalid_type': {
      if (issue.input === undefined) return 'is missing';
      if (!issue.message.startsWith('Invalid')) return issue.message;
      return `expected ${KINDS[issue.expected] ?? issue.expected}; found ${kindOf(issue.input)}`;
    }
    case 'too_small':
      return issue.message.startsWith('Too small') ? `needs at least ${issue.minimum}` : issue.message;
    case 'too_big':
      return issue.message.startsWith('Too big') ? `at most ${issue.maximum} are possible` : issue.message;
    default:
      return issue.message;
  }
};

const placed = (issue: Issue, base: Path): Path => [...base, ...issue.path.filter(isPathPart)];

/** `fieldsAt` names the fields that exist at a place, so that a misspelt one can be told from its neighbours. */
const faultOf = (issue: Issue, base: Path, fieldsAt: (path: Path) => readonly string[]): readonly Fault[] => {
  const path = placed(issue, base);
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      at: 'key',
      message: `there is no such field${didYouMean(key, known) || `; there are ${known.join(', ')}`}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    const [meant] = [...issue.errors].filter((errors) => errors.length > 0).sort((a, b) => nearness(b) - nearness(a));
    const stated = issue.message.startsWith('Invalid') ? undefined : issue.message;
    if (stated !== undefined || !meant) return [{ path, message: stated ?? issue.message }];
    return meant.flatMap((inner) => faultOf(inner, path, fieldsAt));
  }
  // A key that may not be one: what is wrong with it stands in what it was tested for.
  if (issue.code === 'invalid_key') return [{ path, at: 'key', message: issue.issues[0]?.message ?? issue.message }];
  return [{ path, message: messageOf(issue) }];
};

export const faultsOf = (issues: readonly Issue[], fieldsAt: (path: Path) => readonly string[]): readonly Fault[] =>
  issues.flatMap((issue) => faultOf(issue, [], fieldsAt));
