// Answers that end oddly: more of them after an end, and counts that leave a part out.
import {
  type Act,
  always,
  ANSWER_TOKENS,
  done,
  end,
  finish,
  head,
  opens,
  reset,
  role,
  send,
  tokens,
  usage,
  type UsageLie,
  wait,
  whole,
} from '../../support/truth-bill/acts.ts';
import { wordsOf } from '../../support/truth-bill/answer.ts';
import { type Cell } from '../cell.ts';
import { SEED } from '../world.ts';
import { broken, own } from './expect.ts';
import { cellsOf, type Row } from './rows.ts';

const event = (data: object): Act => send(`data: ${JSON.stringify(data)}\n\n`);
const said = (content: string, reason: string | null): Act =>
  event({
    id: 'x',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { content }, finish_reason: reason }],
  });
const geminiSaid = (text: string): Act =>
  event({ candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }] });

const base = { primary: 'openai', modes: 'S', group: 'beyond' } as const;
const words = wordsOf('openai', SEED, { from: 0, to: ANSWER_TOKENS });
const counted: Act = { act: 'count', tokens: ANSWER_TOKENS };

const afterAnEnd: readonly Row[] = [
  {
    ...base,
    id: 'X-stop-in-every-chunk',
    about: 'Says stop in every chunk: all of it is the answer.',
    script: always(opens, role, ...words.map((word) => said(word, 'stop')), counted, usage(), done, end),
    zero: own({ health: 'untouched' }),
  },
  {
    ...base,
    id: 'X-more-after-the-end',
    about: 'Goes on after its end, and says that it is done.',
    script: always(opens, role, tokens(40), finish(), tokens(20), usage(), done, end),
    zero: own({ health: 'untouched' }),
  },
  {
    ...base,
    id: 'X-cut-after-an-end',
    about: 'Goes on after its end, and breaks off.',
    script: always(opens, role, tokens(20), finish(), tokens(10), wait(2_000), reset),
    plus: broken({ by: 'openai', flagged: true, withinMs: 5_000 }),
    zero: broken({ flagged: true, withinMs: 5_000 }),
  },
  {
    ...base,
    id: 'X-gemini-stop-in-every-chunk',
    about: 'Says STOP in every chunk: all of it is the answer.',
    primary: 'gemini',
    script: always(
      opens,
      counted,
      ...wordsOf('gemini', SEED, { from: 0, to: ANSWER_TOKENS }).map(geminiSaid),
      usage(),
      end,
    ),
    zero: own({ health: 'untouched', flagged: false }),
  },
];

const PARTIAL: readonly (readonly [string, UsageLie])[] = [
  ['nothing-written', { output: 0 }],
  ['less-than-nothing', { output: -5 }],
  ['null-written', { output: null }],
  ['nothing-read', { input: 0 }],
  ['text-for-numbers', { input: '20', output: '60' }],
];

const partialCounts: readonly Row[] = PARTIAL.flatMap(([id, lie]): readonly Row[] => [
  {
    ...base,
    id: `X-usage-${id}`,
    about: `Usage that leaves a part out: ${id}.`,
    modes: 'S',
    script: always(opens, role, tokens(ANSWER_TOKENS), finish(), usage(lie), done, end),
    zero: own({ health: 'untouched', flagged: true }),
  },
  {
    ...base,
    id: `X-usage-${id}`,
    about: `Usage of a whole answer that leaves a part out: ${id}.`,
    modes: 'N',
    script: always(head(200), whole({ lie }), end),
    zero: own({ health: 'untouched', flagged: true }),
  },
]);

export const ENDS: readonly Cell[] = [...afterAnEnd, ...partialCounts].flatMap(cellsOf);
