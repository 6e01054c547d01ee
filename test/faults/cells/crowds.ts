// Many requests: outages that must not be amplified, breakers, the last way out, a real SDK.
import OpenAI from 'openai';
import { Agent, fetch as request } from 'undici';
import { always, fin, healthy, opens, refuses, role, tokens, wait } from '../../support/truth-bill/acts.ts';
import { type Cell, type Finding, finding } from '../cell.ts';
import { primaryKey, type Stand } from '../stand.ts';
import { beyond } from './rows.ts';

const down = always(...refuses({ status: 503 }));

/** As it comes, but for its connections: kept ones would be counted as left behind. */
const clientOf = ({ world }: Stand): OpenAI =>
  new OpenAI({
    baseURL: `http://127.0.0.1:${world.port}/v1`,
    apiKey: 'none',
    fetchOptions: { dispatcher: new Agent({ pipelining: 0 }) },
    fetch: request as unknown as typeof fetch,
  });

const viaSdk = async (stand: Stand): Promise<unknown> => {
  const body = JSON.parse(stand.say().body) as OpenAI.ChatCompletionCreateParamsNonStreaming;
  return clientOf(stand)
    .chat.completions.create(body)
    .catch((fault: unknown) => fault);
};

const most = (count: number, limit: number, what: string): readonly Finding[] =>
  count <= limit ? [] : [finding('I3', `${count} ${what}, expected at most ${limit}`)];

/** One after another. */
const row = async (stand: Stand, count: number): Promise<void> => {
  for (let request = 0; request < count; request += 1) await stand.ask().over;
};

const amplification: readonly Cell[] = [
  beyond('sdk-outage', 'The real SDK with its own retries, and everybody is down: three calls, not nine.', {
    fallback: 'anthropic',
    script: down,
    second: down,
    expect: {
      status: [503],
      ends: 'error',
      primary: [1, 1],
      total: [1, 3],
    },
    drive: async (stand) => {
      await viaSdk(stand);
      const requests = stand.world.requestIds(stand.policy).length;
      return [
        ...most(stand.calls().length, 3, 'calls for one request of an SDK'),
        ...most(requests, 1, 'requests of one SDK call'),
      ];
    },
  }),
  beyond('sdk-mid-stream', 'The real SDK reads a stream that breaks: it must throw.', {
    stream: true,
    script: always(opens, role, tokens(20), wait(500), fin),
    expect: {
      status: [200],
      ends: 'error-frame',
      primary: [1, 1],
    },
    drive: async (stand) => {
      const body = JSON.parse(stand.say().body) as OpenAI.ChatCompletionCreateParamsStreaming;
      const stream = await clientOf(stand).chat.completions.create(body);
      try {
        for await (const chunk of stream) if (chunk.choices.length > 1) break;
      } catch {
        return [];
      }
      return [finding('I2', 'the SDK took a broken stream for a whole one')];
    },
  }),
  beyond('outage-storm', 'Everybody is down for minutes: hardly more calls than requests.', {
    fallback: 'anthropic',
    script: down,
    second: always(...refuses({ status: 500 })),
    speed: 40,
    expect: {
      status: [502, 503],
      ends: 'error',
      primary: [0, 2],
      total: [0, 3],
      withinMs: 1e4,
    },
    drive: async (stand) => {
      const { clock } = stand.world;
      const perRound = 10;
      const round = async (): Promise<void> => {
        await Promise.all(Array.from({ length: perRound }, () => stand.ask().over));
        await clock.sleep(3e3);
      };
      for (let rounds = 0; rounds < 4; rounds += 1) await round();
      const before = stand.calls().length;
      for (let rounds = 0; rounds < 20; rounds += 1) await round();
      return most(stand.calls().length - before, 1.1 * 20 * perRound, 'calls for 200 requests in an outage');
    },
  }),
];

const breakers: readonly Cell[] = [
  beyond('callers-400', 'Thirty faults of callers in a row say nothing of the seller.', {
    script: always(...refuses({ status: 400 })),
    expect: { status: [400], ends: 'error', primary: [1, 1], total: [1, 1], health: 'untouched' },
    drive: async (stand) => {
      await row(stand, 30);
      return [];
    },
  }),
  beyond('errors-25', 'Twenty-five internal errors: the seller is soon left alone.', {
    fallback: 'anthropic',
    script: always(...refuses({ status: 500 })),
    expect: {
      status: [200],
      ends: 'answer',
      by: 'anthropic',
      primary: [0, 2],
      total: [1, 3],
      withinMs: 3e3,
    },
    speed: 5,
    drive: async (stand) => {
      await row(stand, 25);
      return most(
        stand.calls().filter(({ seller }) => seller === 'openai').length,
        6,
        'calls to a seller that only fails',
      );
    },
  }),
  beyond('cooldown-longer', 'A shorter Retry-After that comes later does not shorten a longer one.', {
    fallback: 'anthropic',
    script: ({ call }) =>
      call === 1
        ? refuses({ status: 429 }, { 'retry-after': '120' })
        : [wait(2_000), ...refuses({ status: 429 }, { 'retry-after': '5' })],
    expect: {
      status: [200],
      ends: 'answer',
      by: 'anthropic',
      primary: [1, 1],
      health: 'cooled',
      coolMs: [100_000, 150_000],
    },
    drive: async (stand) => {
      await Promise.all([stand.ask().over, stand.ask().over]);
      return [];
    },
  }),
  beyond(
    'last-way-out',
    'The only seller is left alone for ten minutes: one request in ten is let through, the others are told when.',
    {
      script: (asked) => (asked.call === 1 ? refuses({ status: 429 }, { 'retry-after': '600' }) : healthy(asked)),
      speed: 2,
      expect: { status: [200, 429, 503], ends: 'any', primary: [0, 1], total: [0, 1], withinMs: 4_000 },
      drive: async (stand) => {
        // By chance, so that many processes do not choose the same request: of eighty, none in one matrix of five thousand.
        for (let request = 0; request <= 80 && stand.calls().length < 2; request += 1) await stand.ask().over;
        const state = stand.world.app.market.health.view(primaryKey(stand.cell)).state;
        return stand.calls().length === 2 ? [] : [finding('I7', `none of 80 requests was let through (${state})`)];
      },
    },
  ),
];

export const CROWDS: readonly Cell[] = [...amplification, ...breakers];
