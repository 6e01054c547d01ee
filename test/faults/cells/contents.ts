// What is spent and what is said: budgets that must not be passed, and content that must arrive as it is.
import {
  always,
  ANSWER_TOKENS,
  done,
  end,
  finish,
  head,
  opens,
  role,
  send,
  tokens,
  usage,
  whole,
} from '../../support/truth-bill/acts.ts';
import { textOf, wordsOf } from '../../support/truth-bill/answer.ts';
import { type Cell, finding } from '../cell.ts';
import { SEED } from '../world.ts';
import { beyond } from './rows.ts';

const FULL_ANSWER = 1_000;
const CAP_NANO = 50_000_000;

const budgets: readonly Cell[] = [
  beyond('budget-256', '256 callers at once, round after round, on a hard cap of $0.05: not a nano-dollar more.', {
    script: always(head(200), whole({ count: FULL_ANSWER }), end),
    policy: { limits: { output_tokens: FULL_ANSWER, spend: '$0.05/day' } },
    speed: 1,
    spendsTheDay: true,
    expect: {
      status: [200, 429],
      ends: 'any',
      codes: ['budget_exhausted'],
      primary: [0, 1],
      total: [0, 1],
      text: textOf('openai', SEED, FULL_ANSWER),
      finish: 'stop',
    },
    drive: async (stand) => {
      const callers = 256;
      for (let answered = 1, rounds = 0; answered > 0 && rounds < 12; rounds += 1) {
        const count = rounds === 0 ? callers : 32;
        const heard = await Promise.all(Array.from({ length: count }, () => stand.ask().over));
        answered = heard.filter(({ status }) => status === 200).length;
      }
      const seller = stand.world.sellers.get('openai');
      const billed = stand.calls().reduce((sum, call) => sum + Number(seller?.bill(call) ?? 0n), 0);
      const views = stand.world.requestIds(stand.policy);
      const one = views[0] === undefined ? undefined : await stand.world.app.ledger.request(views[0]);
      // Two calls may be set aside for one request.
      const reservation = 2 * (one?.dispatches[0]?.reserved ?? 0);
      return [
        ...(billed <= CAP_NANO ? [] : [finding('I6', `billed ${billed} of at most ${CAP_NANO}`)]),
        ...(billed > CAP_NANO - 2 * reservation
          ? []
          : [finding('I6', `refused at ${billed} of ${CAP_NANO}: more than one reservation (${reservation}) short`)]),
      ];
    },
  }),
  beyond('choices-two', 'Two choices are asked for and billed: both were set aside for.', {
    body: { n: 2, max_tokens: 100 },
    script: always(head(200), whole({ count: 100, choices: 2, reason: 'length' }), end),
    expect: { status: [200], ends: 'answer', primary: [1, 1], finish: 'length', text: textOf('openai', SEED, 100) },
  }),
];

const FORGED = 'a\n\ndata: [DONE]\n\nevent: error\r\ndata: {"error":{}}\n\n: x\u2028b';

const contents: readonly Cell[] = [
  beyond('forged-events', 'Content that looks like the end of the stream, errors and comments.', {
    stream: true,
    script: always(
      opens,
      role,
      send(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: FORGED }, finish_reason: null }] })}\n\n`),
      { act: 'count', tokens: 30 },
      finish(),
      usage(),
      done,
      end,
    ),
    expect: { status: [200], ends: 'answer', primary: [1, 1], text: FORGED },
  }),
  beyond('slow-stream', 'A stream that is slow and steady for three minutes is nobody’s fault.', {
    stream: true,
    speed: 60,
    script: always(opens, role, tokens(ANSWER_TOKENS, 900), finish(), usage(), done, end),
    expect: {
      status: [200],
      ends: 'answer',
      primary: [1, 1],
      text: wordsOf('openai', SEED, {
        from: 0,
        to: ANSWER_TOKENS,
      }).join(''),
    },
  }),
];

export const CONTENTS: readonly Cell[] = [...budgets, ...contents];
