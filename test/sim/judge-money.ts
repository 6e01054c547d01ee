// What is held against the books of one request: the seller's own bill, call by call, and what was set aside.
import type { Ranked } from '../../src/core/decision.ts';
import { type Attempt, worstCost } from '../../src/core/outcome.ts';
import type { Case, Evidence, SellerCall } from './evidence.ts';

/** In nano-dollars, half up: plain input and output, worked out apart from the code under test. */
const chargedAt = ({ sheet }: Ranked['quote'], { input, output }: SellerCall['billed']): number => {
  const price = (meter: string): number => sheet.rates.find((rate) => rate.meter === meter)?.price ?? 0;
  return Math.floor((input * price('input') + output * price('output') + 500) / 1000);
};

const chargeOf = ({ decision }: Case, call: SellerCall): number => {
  const rung = decision?.ladder.find(({ quote }) => quote.offer.key === call.offer);
  return rung ? chargedAt(rung.quote, call.billed) : 0;
};

/** What the sellers charged for a request in all. */
export const chargedFor = (entry: Case): number => entry.calls.reduce((sum, call) => sum + chargeOf(entry, call), 0);

/** Each attempt on record with the call it was; calls of one offer in their order. */
const pairs = (calls: readonly SellerCall[], attempts: readonly Attempt[]): (readonly [Attempt, SellerCall])[] => {
  const left = [...calls];
  return attempts
    .toSorted((a, b) => a.attempt - b.attempt)
    .flatMap((attempt) => {
      const at = left.findIndex(({ offer }) => offer === attempt.offer);
      const [call] = at < 0 ? [] : left.splice(at, 1);
      return call ? [[attempt, call] as const] : [];
    });
};

export const judgeMoney = (entry: Case, { check }: Evidence): void => {
  const { plan, outcome, notes, calls, held, settles } = entry;
  const { n } = plan;
  if (held) {
    const cost = outcome ? worstCost(outcome) : 0;
    const isOnce = settles.length === 1 && settles[0] === cost;
    check('settled-once', isOnce, n, () => `settled ${settles.join(', ')}, it cost ${cost} at most`);
  }
  if (!outcome) return;
  for (const [attempt, call] of pairs(calls, outcome.attempts)) {
    const charged = chargeOf(entry, call);
    const { costStatus, cost, offer } = attempt;
    const reserved = notes.find(({ note }) => note.attempt === attempt.attempt)?.note.reserved ?? 0;
    if (costStatus === 'exact')
      check(
        'bill',
        cost === charged && call.sure,
        n,
        () => `${offer} (${call.act}): ${cost} on record, ${charged} billed`,
      );
    else {
      check(
        'in-doubt',
        charged <= reserved,
        n,
        () => `${offer} (${call.act}): ${charged} billed, ${reserved} set aside`,
      );
      check('doubt-bound', cost <= reserved, n, () => `${offer}: ${cost} counted, ${reserved} set aside`);
    }
  }
};
