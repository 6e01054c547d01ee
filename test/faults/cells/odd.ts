// Sellers that bill what fails, and answers that are odd without being errors.
import {
  type Act,
  always,
  ANSWER_TOKENS,
  done,
  end,
  fin,
  finish,
  head,
  healthy,
  inband,
  opens,
  raw,
  refuses,
  reset,
  role,
  send,
  tokens,
  usage,
  wait,
  whole,
} from '../../support/truth-bill/acts.ts';
import { type Cell } from '../cell.ts';
import { another, broken, ONE, own, told } from './expect.ts';
import { cellsOf, type Row } from './rows.ts';

const begun: readonly Act[] = [opens, role, tokens(20)];
/** A seller whose contract says that the prompt of a failed call is billed. */
const strict: readonly Row[] = (
  [
    ['500', 'SN', [...refuses({ status: 500 })]],
    ['503', 'SN', [...refuses({ status: 503 })]],
    ['inband', 'S', [opens, role, inband({ status: 500 }), end]],
    ['cut', 'S', [opens, role, wait(500), fin]],
    ['reset', 'SN', [reset]],
    ['broken', 'S', [...begun, wait(500), fin]],
  ] as const
).map(([id, modes, acts]): Row => {
  const base = {
    id: `X-strict-${id}`,
    about: `Fails (${id}) and bills the prompt.`,
    primary: 'strict',
    modes,
    group: 'beyond',
    script: always(...acts),
  } as const;
  if (id === 'broken') return { ...base, zero: broken({ flagged: true }) };
  return { ...base, plus: another({ primary: [1, 2], flagged: true, withinMs: 4_000 }) };
});

const odd: readonly Row[] = (
  [
    {
      id: 'X-early-hints',
      about: 'An interim response before the real one.',
      primary: 'openai',
      modes: 'SN',
      script: (asked) => [raw('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), ...healthy(asked)],
      zero: own({ health: 'untouched' }),
    },
    {
      id: 'X-smuggled',
      about: 'A second answer behind the first, on the same connection.',
      primary: 'openai',
      modes: 'SN',
      script: (asked) => [...healthy(asked), raw('HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nstolen!')],
      zero: own({
        health: 'any',
        primary: [1, 1],
      }),
    },
    {
      id: 'X-closes-idle',
      about: 'The connection is closed as soon as the answer is out.',
      primary: 'openai',
      modes: 'SN',
      script: (asked) => [...healthy(asked), fin],
      zero: own({ health: 'untouched' }),
    },
    {
      id: 'X-whole-for-stream',
      about: 'A stream was asked for, and the answer comes whole.',
      primary: 'openai',
      modes: 'S',
      script: always(head(200), whole(), end),
      zero: own({ health: 'untouched' }),
    },
    {
      id: 'X-stream-for-whole',
      about: 'A whole answer was asked for, and a stream comes.',
      primary: 'openai',
      modes: 'N',
      script: always(opens, role, tokens(ANSWER_TOKENS), finish(), usage(), done, end),
      plus: {
        status: [200],
        ends: 'answer',
        primary: [1, 2],
        withinMs: 3e3,
      },
    },
    {
      id: 'X-done-only',
      about: 'A stream of nothing but [DONE].',
      primary: 'openai',
      modes: 'S',
      script: always(opens, done, end),
      plus: another({
        primary: [1, 2],
        withinMs: 3e3,
        health: 'counted',
      }),
      zero: told(502, { primary: [1, 2] }),
    },
    {
      id: 'X-error-after-finish',
      about: 'An error after the finish: nothing is missing.',
      primary: 'openai',
      modes: 'S',
      script: always(opens, role, tokens(ANSWER_TOKENS), finish(), usage(), inband({ status: 500 }), end),
      zero: own({ health: 'untouched' }),
    },
    {
      id: 'X-slow-headers',
      about: 'Headers that come a byte a second.',
      primary: 'openai',
      modes: 'S',
      script: always(
        raw('HTTP/1.1 200 OK\r\nx-slow: '),
        ...Array.from({ length: 120 }, () => [raw('a'), wait(1e3)]).flat(),
      ),
      plus: another({
        withinMs: 10500,
        flagged: true,
      }),
    },
    {
      id: 'X-bad-http',
      about: 'Bytes that are not HTTP.',
      primary: 'openai',
      modes: 'SN',
      script: always(raw('220 smtp.example ESMTP ready\r\n'), wait(1e3), fin),
      plus: another({
        primary: [1, 2],
        withinMs: 4e3,
        health: 'counted',
      }),
      zero: told(502, { primary: [1, 2] }),
    },
    {
      id: 'X-huge-whole',
      about: 'A whole answer of 48 MB.',
      primary: 'openai',
      modes: 'N',
      speed: 2,
      script: always(
        head(200),
        send('{"id":"'),
        ...Array.from({ length: 48 }, () => send(Buffer.alloc(1024 * 1024, 97))),
      ),
      plus: another({
        withinMs: 2e4,
        health: 'counted',
      }),
    },
    {
      id: 'X-422-server-word',
      about: 'The caller’s fault under a word for the server’s.',
      primary: 'openai',
      modes: 'N',
      script: always(
        ...refuses({
          status: 422,
          type: 'server_error',
        }),
      ),
      plus: told(422, {
        total: ONE,
        health: 'untouched',
      }),
    },
    {
      id: 'X-no-content-204',
      about: 'Success without content.',
      primary: 'openai',
      modes: 'SN',
      script: always(raw('HTTP/1.1 204 No Content\r\n\r\n')),
      plus: another({
        primary: [1, 2],
        withinMs: 3e3,
        health: 'counted',
      }),
    },
  ] satisfies readonly Row[]
).map((row): Row => ({ ...row, group: 'beyond' }));

export const ODD: readonly Cell[] = [...strict, ...odd].flatMap(cellsOf);
