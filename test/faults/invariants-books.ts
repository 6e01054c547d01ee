// The invariants of the books: attempts, reservations, the breaker, rewards. What they cost is judged in invariants-bill.ts.
import { type Count, type Finding, finding } from './cell.ts';
import { attemptsOf, pairsOf, sellerOf } from './pairs.ts';
import { type Evidence, primaryKey } from './stand.ts';

const MOST_ATTEMPTS = 3;
const MOST_PER_OFFER = 2;
const LONGEST_COOL_MS = 15 * 60_000;

const isIn = (value: number, [least, most]: Count): boolean => value >= least && value <= most;

/** I2, the ledger's side: exactly one outcome, and the one the client saw. */
export const hasOneOutcome = (evidence: Evidence): readonly Finding[] => {
  const { views, said } = evidence;
  const pairs = pairsOf(evidence);
  return [
    ...views.flatMap(({ outcome, decision }) =>
      outcome ? [] : [finding('I2', `request ${decision.requestId} has no outcome in the ledger`)],
    ),
    ...(views.length > said ? [finding('I2', `${views.length} requests in the ledger, ${said} sent`)] : []),
    ...pairs.flatMap(({ view, heard }) => {
      const status = view.outcome?.status;
      const isWhole = heard.status === 200 && heard.ended === 'clean';
      const fits = heard.ended === 'left' ? status !== 'failed' : (status === 'ok') === isWhole;
      return fits || status === undefined
        ? []
        : [finding('I2', `the client saw ${heard.status} ${heard.ended}, the ledger says ${status}`)];
    }),
  ];
};

/** I3: no more calls than the policy allows, and as many as this fault may cause. */
export const triesAsAllowed = ({ cell, views }: Evidence): readonly Finding[] =>
  views.flatMap((view) => {
    const attempts = attemptsOf(view);
    const tries = Map.groupBy(attempts, ({ offer }) => offer);
    const primary = tries.get(primaryKey(cell))?.length ?? 0;
    const story = attempts.map((attempt) => `${sellerOf(attempt)} ${attempt.result}`).join(', ');
    const { primary: wanted, total = [0, MOST_ATTEMPTS] } = cell.expect;
    return [
      ...(attempts.length <= MOST_ATTEMPTS && isIn(attempts.length, total)
        ? []
        : [finding('I3', `${attempts.length} attempts: ${story}`)]),
      ...([...tries.values()].every((each) => each.length <= MOST_PER_OFFER)
        ? []
        : [finding('I3', `too many on one offer: ${story}`)]),
      ...(isIn(primary, wanted)
        ? []
        : [finding('I3', `${primary} attempts on ${cell.primary}, expected ${wanted.join('…')}: ${story}`)]),
    ];
  });

/** I6: what is held is what was spent; nothing stays reserved. */
export const holdsNothing = ({ held, views }: Evidence): readonly Finding[] => {
  const reserved = [...held.values()].reduce((sum, amount) => sum + amount, 0);
  const spent = views.flatMap(attemptsOf).reduce((sum, { cost }) => sum + cost, 0);
  return reserved === spent || held.size === 0
    ? []
    : [finding('I6', `the store holds ${reserved}, the ledger's worst case is ${spent}`)];
};

const FAILURES_TO_OPEN = 3;
const SPARED: ReadonlySet<string> = new Set([
  'ok',
  'caller',
  'context',
  'refused',
  'cancelled',
  'unsupported',
  'unclear',
]);

/** I7: the breaker is in a state it can be in, and in the one these calls put it in. */
export const breaksAsModelled = ({
  cell,
  views,
  health: { health, now },
  healthAfter,
}: Evidence): readonly Finding[] => {
  const { health: wanted = 'any', coolMs } = cell.expect;
  const mine = views.flatMap(attemptsOf).filter(({ offer }) => offer === primaryKey(cell));
  const failures = mine.filter(({ result }) => !SPARED.has(result)).length;
  const leftMs = (health.untilMs ?? now) - now;
  const isLegal = health.share >= 0 && health.share <= 1 && leftMs <= LONGEST_COOL_MS * 1.25;
  const state = `${health.state} for ${Math.round(leftMs)} ms after ${mine.map(({ result }) => result).join(', ') || 'no call'}`;
  const spared = failures === 0 && (health.state !== 'closed' || healthAfter.state !== 'closed');
  return [
    ...(isLegal ? [] : [finding('I7', `not a legal state: ${state}, share ${health.share}`)]),
    ...(spared ? [finding('I7', `nothing speaks against it, yet it is ${state}`)] : []),
    ...(failures >= FAILURES_TO_OPEN && health.state === 'closed' && mine.at(-1)?.result !== 'ok'
      ? [finding('I7', `still in use: ${state}`)]
      : []),
    ...(wanted === 'untouched' && (failures > 0 || healthAfter.state !== 'closed')
      ? [finding('I7', `counted against it: ${state}`)]
      : []),
    ...(wanted === 'counted' && failures === 0 ? [finding('I7', `no failure counted: ${state}`)] : []),
    ...(wanted === 'cooled' && health.state !== 'open' ? [finding('I7', `not left alone: ${state}`)] : []),
    ...(coolMs !== undefined && !isIn(leftMs, coolMs)
      ? [finding('I7', `left alone for ${Math.round(leftMs)} ms, expected ${coolMs.join('…')}`)]
      : []),
  ];
};

/** I8: at most one reward of a kind for a request, and none for one that was not answered. */
export const rewardsOnce = ({ views }: Evidence): readonly Finding[] =>
  views.flatMap(({ feedback, outcome }) => {
    const kinds = new Set(feedback.map(({ source }) => source));
    return [
      ...(kinds.size < feedback.length ? [finding('I8', `${feedback.length} rewards of ${kinds.size} kinds`)] : []),
      ...(feedback.length > 0 && outcome?.status !== 'ok'
        ? [finding('I8', `a reward for a request that ${outcome?.status}`)]
        : []),
    ];
  });

/** I10, the ledger's side: the offer and the attempts told are those on record. */
export const tellsWhatIsBooked = (evidence: Evidence): readonly Finding[] =>
  pairsOf(evidence).flatMap(({ view: { outcome }, heard: { headers, ended } }) => {
    if (!outcome || ended === 'left' || evidence.cell.expect.continued) return [];
    const { 'x-bourse-attempts': told, 'x-bourse-provider': by } = headers;
    return [
      ...(told === undefined || Number(told) === outcome.attempts.length
        ? []
        : [finding('I10', `x-bourse-attempts ${told}, ${outcome.attempts.length} on record`)]),
      ...(by === undefined || sellerOf(outcome) === by
        ? []
        : [finding('I10', `told ${by}, on record ${outcome.offer}`)]),
    ];
  });
