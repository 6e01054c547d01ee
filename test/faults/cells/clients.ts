// C1 and C2: clients that leave at every moment, close half, talk ahead, or stop in the middle of what they say.
import { connect } from 'node:net';
import {
  ANSWER_TOKENS,
  end,
  finish,
  head,
  healthy,
  opens,
  raw,
  role,
  type Script,
  send,
  silence,
  tokens,
  always,
} from '../../support/truth-bill/acts.ts';
import type { BillingRule } from '../../support/truth-bill/bill.ts';
import { type Cell, type Finding, finding } from '../cell.ts';
import { bytesOf, type Visit } from '../client.ts';
import { readResponse } from '../response-reader.ts';
import { fallbackFor, type SellerName } from '../sellers.ts';
import type { Stand } from '../stand.ts';

/** Real ms a client takes before it leaves, where nothing tells it when. */
const A_MOMENT_MS = 60;
/** What a seller that goes on billing is read for, at most. */
const DRAIN_MS = 4_000;
const FAST = 20;

type Moment = {
  readonly name: string;
  readonly modes: 'SN' | 'S';
  readonly script: Script;
  readonly when: (stand: Stand, visit: Visit) => Promise<unknown>;
};

const called = (stand: Stand): Promise<boolean> => stand.until(() => stand.calls().length > 0, 2_000);
const calledAndMore = async (stand: Stand): Promise<void> => {
  await called(stand);
  await stand.pause(A_MOMENT_MS);
};

const MOMENTS: readonly Moment[] = [
  { name: 'M0', modes: 'SN', script: healthy, when: (stand) => stand.pause(A_MOMENT_MS) },
  { name: 'M1', modes: 'SN', script: always(silence), when: calledAndMore },
  { name: 'M2', modes: 'SN', script: always(raw('HTTP/1.1 20'), silence), when: calledAndMore },
  {
    name: 'M3',
    modes: 'SN',
    script: ({ stream }) => (stream ? [opens, role, silence] : [head(200), send('{"id":"x",'), silence]),
    when: calledAndMore,
  },
  {
    name: 'M4',
    modes: 'S',
    script: always(opens, role, tokens(20), tokens(40, 500), finish(), end),
    when: (_stand, visit) => visit.until(({ firstContentAt }) => firstContentAt !== undefined),
  },
  {
    name: 'M5',
    modes: 'S',
    script: always(opens, role, tokens(ANSWER_TOKENS), silence),
    when: async (stand, visit) => {
      await visit.until(({ firstContentAt }) => firstContentAt !== undefined);
      await stand.pause(A_MOMENT_MS);
    },
  },
  {
    name: 'M6',
    modes: 'S',
    script: always(opens, role, tokens(ANSWER_TOKENS), finish(), silence),
    when: (_stand, visit) => visit.until(({ body }) => body.includes('"finish_reason":"stop"')),
  },
  {
    name: 'M7',
    modes: 'SN',
    script: healthy,
    when: (stand) => stand.until(() => stand.calls().some(({ ended }) => ended === 'complete'), 2_000),
  },
];

const CLASSES: readonly (readonly [string, SellerName, BillingRule])[] = [
  ['stops', 'openai', { onCancel: 'stops', onError: 'nothing' }],
  ['continues', 'gemini', { onCancel: 'continues', onError: 'nothing' }],
];

const leaves =
  ({ when }: Moment): NonNullable<Cell['drive']> =>
  async (stand) => {
    const visit = stand.ask();
    await when(stand, visit);
    visit.leave();
    await stand.pause(2 * A_MOMENT_MS);
    // What is read on for the bill may take a minute: it need not be watched.
    stand.world.clock.speed = FAST;
    await stand.until(() => stand.calls().every(({ ended }) => ended !== 'open'), DRAIN_MS);
    return [];
  };

const leaving: readonly Cell[] = MOMENTS.flatMap((moment) =>
  (moment.modes === 'SN' ? (['S', 'N'] as const) : (['S'] as const)).flatMap((mode) =>
    CLASSES.map(([billing, seller, bills]): Cell => {
      const primary = moment.name === 'M0' ? 'blackhole' : seller;
      return {
        name: `C1-${moment.name}.${mode}.${billing}`,
        about: `The client leaves at ${moment.name}; the seller ${billing} billing.`,
        group: 'client',
        stream: mode === 'S',
        primary,
        fallback: fallbackFor(seller),
        script: moment.script,
        bills,
        speed: 1,
        drive: leaves(moment),
        expect: {
          status: [200],
          ends: 'left',
          primary: [0, 1],
          total: [0, 1],
          health: 'untouched',
        },
      };
    }),
  ),
);

const ordinary = { status: [200], ends: 'answer', primary: [0, 1], total: [0, 1] } as const;
const talking = {
  ...({ group: 'client', stream: false, primary: 'openai', script: healthy, speed: 1, expect: ordinary } as const),
};

/** What is heard on one connection on which `text` was said. */
const converse = (stand: Stand, text: string, thenEnd: boolean): Promise<Buffer> =>
  new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const socket = connect(stand.world.port, '127.0.0.1');
    socket.on('data', (piece: Buffer) => pieces.push(piece)).on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(pieces)));
    socket.on('connect', () => (thenEnd ? socket.end(text) : socket.write(text)));
    setTimeout(() => socket.destroy(), 1_500).unref();
  });

const isAnswer = (heard: ReturnType<typeof readResponse>): boolean =>
  heard?.status === 200 && heard.complete && heard.body.includes('"finish_reason":"stop"');

const oddities: readonly Cell[] = [
  {
    ...talking,
    name: 'C2-half-close',
    about: 'The client says it will say no more, and waits for its answer.',
    drive: async (stand): Promise<readonly Finding[]> => {
      const bytes = await converse(stand, bytesOf(stand.say()), true);
      const heard = readResponse(bytes);
      // Who closes half may be taken for gone; half an answer is nobody's wish.
      return bytes.length === 0 || isAnswer(heard)
        ? []
        : [finding('I2', `a client that closed its half got no whole answer: ${heard?.status}`)];
    },
  },
  {
    ...talking,
    name: 'C2-pipelined',
    about: 'Two requests on one connection, the second before the first is answered.',
    drive: async (stand) => {
      const both = [bytesOf({ ...stand.say(), keep: true }), bytesOf(stand.say())];
      const first = readResponse(await converse(stand, both.join(''), false));
      const second = first && readResponse(first.rest);
      const ids = [first, second].map((heard) => heard?.headers['x-bourse-request-id']);
      const isMixed = ids[0] === ids[1] || !isAnswer(first) || !isAnswer(second);
      return isMixed
        ? [finding('I2', `two requests ahead got ${first?.status} and ${second?.status} (${ids.join(', ')})`)]
        : [];
    },
  },
  {
    ...talking,
    name: 'C2-upload',
    about: 'The client leaves in the middle of its request.',
    drive: async (stand) => {
      const text = bytesOf(stand.say());
      const socket = connect(stand.world.port, '127.0.0.1', () => socket.write(text.slice(0, -30)));
      socket.on('error', () => undefined);
      await stand.pause(A_MOMENT_MS);
      socket.destroy();
      await stand.pause(A_MOMENT_MS);
      return stand.calls().length === 0 ? [] : [finding('I4', 'half a request was sent on')];
    },
  },
];

export const CLIENTS: readonly Cell[] = [...leaving, ...oddities];
