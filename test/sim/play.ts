// Plays one seed from its first request to the last of its invariants.
import { BUGS } from './bugs.ts';
import { createSimClock } from './clock.ts';
import { startClient } from './client.ts';
import { createEvidence, type Violation } from './evidence.ts';
import { judgeCalls } from './judge-calls.ts';
import { judgeEnd } from './judge-end.ts';
import { judgeMoney } from './judge-money.ts';
import { judgeWorld } from './judge-world.ts';
import type { PlayOptions } from './kinds.ts';
import { scenarioOf } from './scenario.ts';
import { createWorld } from './world.ts';

/** Events of one request, at most; what needs more goes round in circles. */
const EVENTS_PER_REQUEST = 500;
/** After the last request: feeds are read, the wall clock jumps. */
const TAIL_MS = 60_000;

export type Verdict = {
  readonly options: PlayOptions;
  readonly hash: string;
  readonly violations: readonly Violation[];
  /** How often each invariant was asked. */
  readonly checks: Readonly<Record<string, number>>;
  readonly events: number;
};

export const play = async (options: PlayOptions): Promise<Verdict> => {
  const bug = options.bug === undefined ? undefined : BUGS.find(({ name }) => name === options.bug);
  if (options.bug !== undefined && !bug) throw new RangeError(`no bug is called ${options.bug}`);
  const scenario = scenarioOf(options);
  const clock = createSimClock();
  const evidence = createEvidence(scenario, clock);
  const world = await createWorld(evidence, bug?.make(evidence) ?? {});
  for (const plan of scenario.requests) startClient(plan, world, evidence);
  world.begin((scenario.requests.at(-1)?.atMs ?? 0) + TAIL_MS);
  const ended = await clock.play(EVENTS_PER_REQUEST * (options.requests + 10));
  evidence.check('comes-to-rest', ended === 'over', -1, () => 'something goes round in circles');
  for (const entry of evidence.cases) {
    judgeCalls(entry, evidence);
    judgeEnd(entry, evidence);
    judgeMoney(entry, evidence);
  }
  await judgeWorld(evidence, world);
  return {
    options,
    hash: evidence.hash(),
    violations: evidence.violations,
    checks: Object.fromEntries([...evidence.checks].map(([name, { count }]) => [name, count])),
    events: clock.events(),
  };
};
