// I5, the truth bill: every call at its seller's own charge against what the ledger says of it.
import type { RequestView } from '../../src/core/ledger.ts';
import type { Attempt } from '../../src/core/outcome.ts';
import { type Finding, finding } from './cell.ts';
import { attemptsOf, type Pair, pairsOf, sellerOf } from './pairs.ts';
import type { BilledCall, Evidence } from './stand.ts';

type Line = { readonly attempt: Attempt | undefined; readonly call: BilledCall | undefined; readonly reserved: number };

/** Attempts and calls side by side, seller by seller in order; an attempt that never got a connection has no call. */
const linesOf = (view: RequestView, calls: readonly BilledCall[]): readonly Line[] => {
  const reached = attemptsOf(view).filter(({ cause }) => cause?.phase !== 'connect');
  const sellers = new Set([...reached.map(sellerOf), ...calls.map(({ seller }) => seller)]);
  return [...sellers].flatMap((seller) => {
    const mine = reached.filter((attempt) => sellerOf(attempt) === seller);
    const theirs = calls.filter((call) => call.seller === seller);
    return Array.from({ length: Math.max(mine.length, theirs.length) }, (_, at): Line => {
      const attempt = mine[at];
      const note = view.dispatches.find((each) => each.attempt === attempt?.attempt);
      return { attempt, call: theirs[at], reserved: note?.reserved ?? 0 };
    });
  });
};

const judgeLine = ({ attempt, call, reserved }: Line): readonly Finding[] => {
  const bill = Number(call?.bill ?? 0n);
  if (!attempt) return [finding('I5', `${call?.seller} was called and charges ${bill}; the ledger knows no such call`)];
  const { cost, costStatus } = attempt;
  const what = `${sellerOf(attempt)} (${attempt.result}, ${call?.ended ?? 'never called'}): ledger ${cost} ${costStatus}, bill ${bill}, reserved ${reserved}`;
  const covers = call?.ended !== 'gone' || call.rule.onCancel === 'stops' || cost >= bill;
  return [
    ...(costStatus === 'exact' && cost !== bill ? [finding('I5', `exact and wrong: ${what}`)] : []),
    ...(bill > reserved ? [finding('I5', `billed beyond its reservation: ${what}`)] : []),
    ...(cost > reserved ? [finding('I5', `booked beyond its reservation: ${what}`)] : []),
    ...(cost === 0 && bill > 0 && costStatus !== 'exact'
      ? [finding('I5', `billed, and booked at nothing: ${what}`)]
      : []),
    ...(costStatus === 'ambiguous' && cost !== reserved
      ? [finding('I5', `ambiguous, and not at its reservation: ${what}`)]
      : []),
    ...(costStatus === 'estimated' && !covers
      ? [finding('I5', `goes on billing, and the worst case is below the bill: ${what}`)]
      : []),
  ];
};

const judgeSums = ({ view: { outcome }, heard }: Pair): readonly Finding[] => {
  if (!outcome) return [];
  const certain = outcome.attempts.filter(({ costStatus }) => costStatus !== 'ambiguous');
  const sum = certain.reduce((total, { cost }) => total + cost, 0);
  const header = heard.headers['x-bourse-cost-usd'];
  const told = header === undefined ? sum : Math.round(Number(header) * 1e9);
  return [
    ...(outcome.cost === sum ? [] : [finding('I5', `the outcome costs ${outcome.cost}, its attempts ${sum}`)]),
    ...(told === sum ? [] : [finding('I5', `the client is told ${header}, the ledger says ${sum} nano-dollars`)]),
  ];
};

/** Every call of one request at its seller's own charge. */
export const judgeCalls = (view: RequestView, calls: readonly BilledCall[]): readonly Finding[] =>
  linesOf(view, calls).flatMap(judgeLine);

/** I5: the ledger is the sum of the bills; where it cannot know, it says so and has set enough aside. */
export const matchesBills = (evidence: Evidence): readonly Finding[] => {
  const { cell, calls, views } = evidence;
  const pairs = pairsOf(evidence);
  const orphans = calls.filter(({ marker, bill }) => bill > 0n && !pairs.some(({ heard }) => heard.marker === marker));
  const isKnown = pairs.length === views.length;
  const booked = views.flatMap(attemptsOf);
  const isCertain = booked.every(({ costStatus }) => costStatus === 'exact') && views.every(({ outcome }) => outcome);
  const sums = {
    ledger: booked.reduce((sum, { cost }) => sum + cost, 0),
    bills: Number(calls.reduce((sum, { bill }) => sum + bill, 0n)),
  };
  const flagged = views.some(({ outcome }) => outcome?.costStatus !== 'exact');
  return [
    ...pairs.flatMap(({ view, heard }) =>
      judgeCalls(
        view,
        calls.filter(({ marker }) => marker === heard.marker),
      ),
    ),
    ...pairs.flatMap(judgeSums),
    ...(isKnown
      ? orphans.map(({ seller, bill }) => finding('I5', `${seller} charges ${bill} for a call nobody booked`))
      : []),
    ...(isCertain && sums.ledger !== sums.bills
      ? [finding('I5', `the ledger says ${sums.ledger} for certain, the bills ${sums.bills}`)]
      : []),
    ...(cell.expect.flagged === true && !flagged
      ? [finding('I5', 'the cost cannot be certain, and is not flagged')]
      : []),
  ];
};
