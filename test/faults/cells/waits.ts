// Who waits for whom, and how long: deadlines of clients, clients that leave in a pause, a hedge.
import {
  always,
  ANSWER_TOKENS,
  done,
  end,
  finish,
  opens,
  refuses,
  role,
  silence,
  tokens,
  usage,
  wait,
} from '../../support/truth-bill/acts.ts';
import { type Cell } from '../cell.ts';
import { beyond } from './rows.ts';

const down = always(...refuses({ status: 503 }));

export const WAITS: readonly Cell[] = [
  beyond('deadline', 'The client gives two seconds and the seller says nothing.', {
    script: always(silence),
    headers: { 'x-request-timeout-ms': '2000' },
    speed: 5,
    expect: {
      status: [504],
      ends: 'error',
      codes: ['upstream_timeout'],
      primary: [1, 1],
      total: [1, 1],
      withinMs: 2200,
      flagged: true,
    },
  }),
  beyond('deadline-stream', 'The client gives two seconds and the seller stalls after its first words.', {
    script: always(opens, role, tokens(20), silence),
    headers: { 'x-request-timeout-ms': '2000' },
    speed: 5,
    stream: true,
    expect: {
      status: [200],
      ends: 'error-frame',
      primary: [1, 1],
      total: [1, 1],
      withinMs: 2700,
      flagged: true,
    },
  }),
  beyond('leaves-in-pause', 'The client leaves while a Retry-After is being waited for.', {
    script: always(...refuses({ status: 429 }, { 'retry-after': '2' })),
    speed: 2,
    expect: {
      status: [200],
      ends: 'left',
      primary: [1, 1],
      total: [1, 1],
    },
    drive: async (stand) => {
      const visit = stand.ask();
      await stand.until(() => stand.calls().some(({ ended }) => ended === 'error'), 2e3);
      await stand.pause(100);
      visit.leave();
      await stand.world.clock.sleep(3e3);
      return [];
    },
  }),
  beyond('leaves-in-second', 'The client leaves while the second seller is being waited for.', {
    fallback: 'anthropic',
    script: down,
    second: always(silence),
    speed: 1,
    expect: {
      status: [200],
      ends: 'left',
      primary: [1, 1],
      total: [2, 2],
    },
    drive: async (stand) => {
      const visit = stand.ask();
      await stand.until(() => stand.calls().length === 2, 2e3);
      await stand.pause(50);
      visit.leave();
      await stand.pause(150);
      return [];
    },
  }),
  beyond('hedge', 'The first is late, a second is started, and the loser is paid for what it did.', {
    fallback: 'together',
    stream: true,
    policy: {
      fallback: {
        attempts: 3,
        hedge: '$0.01',
      },
    },
    script: always(wait(8e3), opens, role, tokens(ANSWER_TOKENS), finish(), usage(), done, end),
    expect: {
      status: [200],
      ends: 'answer',
      primary: [1, 1],
      total: [1, 2],
      withinMs: 9500,
    },
  }),
];
