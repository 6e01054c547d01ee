// F21 to F25 again, under policies that hold an answer back until it is whole, or have another seller take it up.
import { ANSWER_TOKENS } from '../../support/truth-bill/acts.ts';
import { textOf, wordsOf } from '../../support/truth-bill/answer.ts';
import type { Cell, Expect } from '../cell.ts';
import { SEED } from '../world.ts';
import { another, broken, ONE, own, told } from './expect.ts';
import { BREAKS, MALFORMED } from './mid-answer.ts';
import { cellsOf, type Row } from './rows.ts';

/** Takes an answer up where it is asked to, and is the dearer one. */
const CONTINUES = 'mistral';

/** Status by what breaks, where nobody else sells it: nothing of the answer has been given away. */
const ALONE: Readonly<Record<string, number>> = {
  'F21-inband-429': 429,
  'F21-inband-400': 400,
  'F23-stall': 504,
  'F24-trickle': 504,
};

const limitOf = (id: string): { readonly withinMs: number } => {
  if (id === 'F24-trickle') return { withinMs: 70_000 };
  return { withinMs: id === 'F23-stall' ? 42_000 : 8_000 };
};

const buffered = ({ id, ...row }: Row): Row => {
  const limit = limitOf(id);
  const policy = { fallback: { attempts: 3, stream: 'buffer' } };
  const base = { ...row, id: `${id}.buffer`, group: 'guard' as const, policy };
  if (id === 'F25-one') return { ...base, plus: own({ by: 'openai', total: ONE }), zero: own({ total: ONE }) };
  if (id === 'F21-inband-400') return { ...base, plus: told(400, { total: ONE }), zero: told(400, { total: ONE }) };
  return {
    ...base,
    plus: another({ primary: [1, 2], ...limit }),
    zero: told(ALONE[id] ?? 502, { primary: [1, 2], ...limit, withinMs: 2 * limit.withinMs }),
  };
};

/** Tokens given before each of them breaks; a trickle has no fixed number. */
const GIVEN: Readonly<Record<string, number>> = { 'F22-reset': 40, 'F22-fin': 40, 'F22-ended': 40, 'F25-two': 30 };

const takenUp = (id: string): Expect => {
  const begun = wordsOf('openai', SEED, { from: 0, to: GIVEN[id] ?? 20 }).join('');
  const rest = textOf(CONTINUES, SEED, ANSWER_TOKENS);
  const text = id === 'F24-trickle' ? new RegExp(`^${begun}[^]*${rest}$`) : begun + rest;
  return own({ by: 'openai', total: [2, 2], text, continued: true, flagged: true, ...limitOf(id) });
};

const continued = ({ id, ...row }: Row): Row => {
  const policy = { fallback: { attempts: 3, stream: 'continue' } };
  const base = { ...row, id: `${id}.continue`, group: 'guard' as const, policy, fallback: CONTINUES } as const;
  if (id === 'F25-one') return { ...base, plus: own({ by: 'openai', total: ONE }), zero: own({ total: ONE }) };
  const alone = broken({ ...limitOf(id), flagged: id !== 'F25-two' });
  return { ...base, plus: id === 'F21-inband-400' ? { ...alone, by: 'openai' } : takenUp(id), zero: alone };
};

export const GUARDS: readonly Cell[] = [...BREAKS, ...MALFORMED].flatMap((row) => [
  ...cellsOf(buffered(row)),
  ...cellsOf(continued(row)),
]);
