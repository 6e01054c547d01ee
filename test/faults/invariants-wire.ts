// The invariants that can be judged from outside: how long it took, who was still called, what leaked, what was left behind.
import { secretOf } from '../support/bourse.ts';
import { type Finding, finding } from './cell.ts';
import { judgeVisit } from './invariants-end.ts';
import { SELLER_NAMES } from './sellers.ts';
import type { Evidence } from './stand.ts';
import { modelOf } from './world.ts';

/** Real ms that sockets and the event loop may take of any limit. */
const SLACK_MS = 40;
const DEADLINE_MS = 120_000;
/** I1: every request ended, inside its deadline. */
export const endsInTime = ({ cell, visits, speed }: Evidence): readonly Finding[] =>
  visits.flatMap(({ sentAt, endedAt, ended }) => {
    const { withinMs = DEADLINE_MS, atLeastMs = 0 } = cell.expect;
    if (ended === 'left') return [];
    if (endedAt === undefined) return [finding('I1', 'the request never ended')];
    const took = Math.round(endedAt - sentAt);
    if (took > withinMs * 1.05 + SLACK_MS * speed) return [finding('I1', `took ${took} ms of at most ${withinMs}`)];
    return took < atLeastMs ? [finding('I1', `took ${took} ms, expected at least ${atLeastMs}`)] : [];
  });

/** Real ms within which an upstream is let go once nobody listens. */
const LET_GO_MS = 100;

/** I4: when the client has gone, nobody new is called and who is being called is let go. */
export const stopsWhenLeft = ({ visits, calls, speed }: Evidence): readonly Finding[] => {
  const [visit] = visits;
  const left = visit?.leftAt;
  if (left === undefined || visits.length > 1) return [];
  const mine = calls.filter(({ marker }) => marker === visit?.marker);
  return mine.flatMap(({ at, seller, goneAt, ended, rule }) => {
    if (at > left + SLACK_MS * speed)
      return [finding('I4', `${seller} was called ${Math.round(at - left)} ms after the client had left`)];
    // A seller that goes on billing may be read to its end, for the sake of its bill.
    if (
      (ended !== 'gone' && ended !== 'open') ||
      (goneAt !== undefined && goneAt <= left) ||
      rule.onCancel === 'continues'
    )
      return [];
    const after = ((goneAt ?? Number.POSITIVE_INFINITY) - left) / speed;
    return after <= LET_GO_MS
      ? []
      : [finding('I4', `${seller} was let go ${Math.round(after)} ms after the client had left (${ended})`)];
  });
};

/** I9: no secret in anything that was written, and no word of the prompt in what is kept. */
export const leaksNothing = ({ outputs }: Evidence): readonly Finding[] => {
  const secrets = ['CANARY', ...SELLER_NAMES.map(secretOf)];
  return [...outputs].flatMap(([where, text]) => {
    const at = secrets.map((secret) => text.indexOf(secret)).find((place) => place >= 0);
    const kept = where.startsWith('the ') && text.includes('marker-');
    return [
      ...(at === undefined
        ? []
        : [finding('I9', `a secret is in ${where}: …${text.slice(Math.max(0, at - 80), at + 40)}`)]),
      ...(kept
        ? [
            finding(
              'I9',
              `words of the prompt are in ${where}: …${text.slice(Math.max(0, text.indexOf('marker-') - 80), text.indexOf('marker-') + 20)}`,
            ),
          ]
        : []),
    ];
  });
};

/** I10: who answered is who is said to have answered. */
export const tellsWhoAnswered = ({ cell, visits }: Evidence): readonly Finding[] =>
  visits.flatMap(({ status, headers, body, ended }) => {
    if (status !== 200 || ended === 'left') return [];
    const by = headers['x-bourse-provider'] ?? '';
    const { by: wanted } = cell.expect;
    const names = new Set([...body.matchAll(/"model":"([^"]*)"/g)].map((match) => match[1]));
    return [
      ...(wanted === undefined || wanted === 'anyone' || by === wanted
        ? []
        : [finding('I10', `answered by ${by}, expected ${wanted}`)]),
      ...([...names].every((name) => name === modelOf(cell))
        ? []
        : [finding('I10', `the model is called ${[...names].join()}`)]),
      ...(headers['x-bourse-model'] === modelOf(cell)
        ? []
        : [finding('I10', `x-bourse-model ${headers['x-bourse-model']}`)]),
    ];
  });

/** I11: sockets, timers and listeners are as they were. */
export const leavesNothing = ({ leftovers, warnings }: Evidence): readonly Finding[] => [
  ...Object.entries(leftovers).flatMap(([what, count]) =>
    count > 0 ? [finding('I11', `${count} ${what} are still there`)] : [],
  ),
  ...warnings.map((warning) => finding('I11', warning)),
];

/** I12: the next request, with everything in order, is answered. */
export const worksAfterwards = (evidence: Evidence): readonly Finding[] => {
  const { afterwards, cell } = evidence;
  if (!afterwards) return [];
  const { heard, by } = afterwards;
  const usual = { ...evidence, cell: { ...cell, expect: { status: [200], ends: 'answer', primary: [0, 2] } } } as const;
  return judgeVisit(usual, heard).map(({ what }) => finding('I12', `(answered by ${by || 'nobody'}) ${what}`));
};
