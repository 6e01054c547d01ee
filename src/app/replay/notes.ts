// What a person should know of a recording beside the numbers of its replay.
import type { WorldEvent } from './events.ts';
import type { Recording } from './rows.ts';

/** Dollars that were worked out and not recorded. */
const estimates = ({ rows }: Recording): string[] => {
  const answers = rows.flatMap(({ outcomes }) => [...outcomes.values()]);
  const silent = answers.filter(({ costUsd }) => costUsd === undefined);
  if (silent.length === 0) return [];
  const uncounted = silent.filter(({ outputTokens }) => outputTokens === undefined).length;
  return [
    `${silent.length} of ${answers.length} answers have no cost_usd: theirs is list price × tokens (recorded, or characters / 4)`,
    ...(uncounted > 0 ? [`${uncounted} of them have no length, and count as long as the others of their model`] : []),
  ];
};

type Noted = {
  readonly recording: Recording;
  readonly needsDollars: boolean;
  readonly events: readonly WorldEvent[];
  /** Requests of one stream. */
  readonly requests: number;
};

export const notesOf = ({ recording, needsDollars, events, requests }: Noted): string[] => {
  const { empty, reused } = recording;
  const late = events.filter(({ at }) => at >= requests).length;
  return [
    ...(needsDollars ? estimates(recording) : []),
    ...(empty > 0 ? [`${empty} prompts have no outcome of these models and were left out`] : []),
    ...(reused > 0 ? [`${reused} rows have the id of a row before them; each counts`] : []),
    ...(late > 0 ? [`${late} of ${events.length} events never come: the stream has ${requests} requests`] : []),
  ];
};
