// The twelve things that must hold after every cell, by name.
import type { Finding, InvariantName } from './cell.ts';
import { matchesBills } from './invariants-bill.ts';
import {
  breaksAsModelled,
  hasOneOutcome,
  holdsNothing,
  rewardsOnce,
  tellsWhatIsBooked,
  triesAsAllowed,
} from './invariants-books.ts';
import { hasOneEnd } from './invariants-end.ts';
import {
  endsInTime,
  leaksNothing,
  leavesNothing,
  stopsWhenLeft,
  tellsWhoAnswered,
  worksAfterwards,
} from './invariants-wire.ts';
import type { Evidence } from './stand.ts';

type Invariant = (evidence: Evidence) => readonly Finding[];

const both =
  (first: Invariant, second: Invariant): Invariant =>
  (evidence) => [...first(evidence), ...second(evidence)];

export const INVARIANT: Readonly<Record<InvariantName, Invariant>> = {
  I1: endsInTime,
  I2: both(hasOneEnd, hasOneOutcome),
  I3: triesAsAllowed,
  I4: stopsWhenLeft,
  I5: matchesBills,
  I6: holdsNothing,
  I7: breaksAsModelled,
  I8: rewardsOnce,
  I9: leaksNothing,
  I10: both(tellsWhoAnswered, tellsWhatIsBooked),
  I11: leavesNothing,
  I12: worksAfterwards,
};
