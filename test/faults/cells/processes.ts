// G1 and G2: told to stop at every moment, once and twice; and an event loop that stands still for two seconds.
import {
  ANSWER_TOKENS,
  done,
  end,
  finish,
  head,
  opens,
  raw,
  role,
  type Script,
  send,
  silence,
  tokens,
  usage,
  always,
} from '../../support/truth-bill/acts.ts';
import { type Cell, type Finding, finding } from '../cell.ts';
import { type Visit, visit } from '../client.ts';
import { startProcess, type Stopped } from '../process.ts';
import type { Evidence, Stand } from '../stand.ts';

const SPEED = 20;
/** Of the drain a process is given, virtual ms: notice and grace as they are where nothing is said. */
const DRAIN_MS = 35_000;
/** Real ms beyond it. */
const SPARE_MS = 2_000;
const A_MOMENT_MS = 60;

const content = ({ firstContentAt }: Visit['heard']): boolean => firstContentAt !== undefined;

type Moment = { readonly name: string; readonly script: Script; readonly when?: (visit: Visit) => Promise<void> };

const BEFORE: readonly Moment[] = [
  { name: 'M1', script: always(silence) },
  { name: 'M2', script: always(raw('HTTP/1.1 20'), silence) },
  { name: 'M3', script: ({ stream }) => (stream ? [opens, role, silence] : [head(200), send('{"id":"x",'), silence]) },
];
const AFTER: readonly Moment[] = [
  {
    name: 'M4',
    script: always(opens, role, tokens(20), tokens(40, 200), finish(), usage(), done, end),
    when: (visit) => visit.until(content),
  },
  { name: 'M5', script: always(opens, role, tokens(ANSWER_TOKENS), silence), when: (visit) => visit.until(content) },
  {
    name: 'M6',
    script: always(opens, role, tokens(ANSWER_TOKENS), finish(), silence),
    when: (visit) => visit.until(({ body }) => body.includes('"finish_reason":"stop"')),
  },
];

type Own = { -readonly [Name in keyof Stopped]?: Stopped[Name] } & {
  /** Nothing was under way any more when the second signal came: it may have met a process that was on its way out. */
  wasIdle?: boolean;
};

const signalled = (moment: Moment, signals: 1 | 2) => {
  const seen: Own = {};
  const gather = async (stand: Stand): Promise<Evidence> => {
    const running = await startProcess(stand, SPEED);
    const visit = running.ask();
    await stand.until(() => stand.calls().length > 0, 20_000);
    await moment.when?.(visit);
    await stand.pause(A_MOMENT_MS);
    const from = stand.world.clock.elapsed();
    running.child.kill('SIGTERM');
    if (signals === 2) {
      await stand.pause(2 * A_MOMENT_MS);
      seen.wasIdle = visit.heard.ended !== 'open';
      running.child.kill('SIGTERM');
    }
    Object.assign(seen, await running.stopped(from));
    await visit.over;
    return running.evidence();
  };
  /** What the process itself did: judged with the rest. */
  const judge = (): readonly Finding[] => {
    const { code, afterMs = Number.POSITIVE_INFINITY, words, wasIdle } = seen;
    const isOrderly = code === 0 || (code === 'SIGTERM' && wasIdle === true);
    const most = (signals === 2 ? 0 : DRAIN_MS / SPEED) + SPARE_MS;
    return [
      ...(isOrderly ? [] : [finding('I2', `ended with ${code}: ${words?.slice(-300)}`)]),
      ...(afterMs <= most
        ? []
        : [finding('I1', `ended ${Math.round(afterMs)} ms after the signal, expected at most ${most}`)]),
    ];
  };
  return { gather, judge };
};

const CODES = ['server_shutdown', 'stream_interrupted', 'upstream_timeout', 'upstream_exhausted'] as const;

const stopping: readonly Cell[] = ([1, 2] as const).flatMap((signals) =>
  [
    ...BEFORE.flatMap((moment) => [['S', moment] as const, ['N', moment] as const]),
    ...AFTER.map((moment) => ['S', moment] as const),
  ].map(
    ([mode, moment]): Cell => ({
      name: `G1-${moment.name}.${mode}.${signals === 1 ? 'once' : 'twice'}`,
      about: `Told to stop ${signals === 1 ? 'once' : 'twice'} at ${moment.name}.`,
      group: 'process',
      stream: mode === 'S',
      primary: 'openai',
      script: moment.script,
      speed: SPEED,
      ...signalled(moment, signals),
      expect: {
        status: [200, 503, 504, 502],
        ends: 'any',
        codes: CODES,
        primary: [1, 1],
        withinMs: DRAIN_MS + 1e4,
      },
    }),
  ),
);

const BLOCK_MS = 2_000;
const SHED_MS = 700;
const STREAMS = 20;

const standStill: Cell = {
  name: 'G2-blocked-loop',
  about: 'The event loop stands still for two seconds under twenty streams.',
  group: 'process',
  stream: true,
  primary: 'openai',
  speed: 1,
  script: always(opens, role, tokens(ANSWER_TOKENS, 25), finish(), usage(), done, end),
  expect: {
    status: [200],
    ends: 'answer',
    primary: [1, 1],
    total: [1, 1],
    withinMs: 15e3,
  },
  drive: async (stand) => {
    stand.world.clock.honest = true;
    const visits = Array.from({ length: STREAMS }, () => stand.ask());
    await Promise.all(visits.map((visit) => visit.until(content)));
    for (const from = performance.now(); performance.now() - from < BLOCK_MS; ) JSON.parse('{"still":true}');
    await Promise.all(visits.map(({ over }) => over));
    const { status, headers } = await visit({ ...stand.say(), port: stand.world.port }, stand.world.clock).over;
    // What comes new is turned away for a moment, and told when to come back.
    await stand.pause(SHED_MS);
    const isTold = status === 200 || (status === 503 && headers['retry-after-ms'] !== undefined);
    return isTold ? [] : [finding('I2', `new work after a stand-still got ${status}`)];
  },
};

export const PROCESSES: readonly Cell[] = [...stopping, standStill];
