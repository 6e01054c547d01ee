// What a command is: words in, lines out, an exit code.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export type Terminal = {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Writes without a line end: progress. */
  readonly write: (text: string) => void;
  readonly live: boolean;
};

export type Command = {
  /** One line for the list of commands. */
  readonly about: string;
  readonly usage: string;
  /** @returns the exit code: 0 well, 1 the thing asked failed, 2 the words were off */
  readonly run: (words: readonly string[], terminal: Terminal) => Promise<number>;
};

/** Thrown for words a command does not understand; main prints it with the usage and exits with 2. */
export class UsageError extends Error {}

/** As node:util parseArgs, strict, with errors a person can act on. */
export const readWords = <Options extends ParseArgsOptionsConfig>(words: readonly string[], options: Options) => {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (fault) {
    throw new UsageError(fault instanceof Error ? fault.message : String(fault));
  }
};

export const wholeNumber = (text: string, name: string, { min, max }: { min: number; max: number }): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new UsageError(`--${name} takes a whole number from ${min} to ${max}, not "${text}"`);
  return value;
};
