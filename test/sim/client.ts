// A client: asks, reads what it is given at its own pace, may leave at any moment, and may say later how good it was.
import { nanoFromUsd } from '../../src/core/money.ts';
import { sampleRequest } from '../support/sample.ts';
import type { Case, Evidence } from './evidence.ts';
import type { RequestPlan } from './kinds.ts';
import { promptOf } from './offers.ts';
import type { World } from './world.ts';

const TOOL = { name: 'look', parameters: { type: 'object' } };
const KEY_SPEND = { amount: nanoFromUsd(0.2), periodMs: 3_600_000 };
const JUDGED_AFTER_MS = 3_000;
const LEFT = new Error('the client has gone');

const caseOf = (plan: RequestPlan, { clock }: Evidence, left: AbortController): Case => ({
  plan,
  id: `r${plan.n}`,
  startMs: clock.elapsed(),
  ask: {
    requestId: `r${plan.n}`,
    request: sampleRequest({
      model: `auto/${plan.policy}`,
      messages: [{ role: 'user', parts: [{ type: 'text', text: promptOf(plan.prompt) }] }],
      stream: plan.stream,
      // By this a seller knows whose call it is.
      seed: plan.n,
      tools: plan.tools ? [TOOL] : [],
      ...(plan.maxOutputTokens === undefined ? {} : { maxOutputTokens: plan.maxOutputTokens }),
    }),
    caller: { id: plan.capped ? 'capped' : 'open', policies: [], ...(plan.capped ? { spend: KEY_SPEND } : {}) },
    explore: plan.explore,
    ...(plan.deadlineMs === undefined ? {} : { deadlineMs: plan.deadlineMs }),
    signal: left.signal,
  },
  pausedMs: 0,
  decisions: 0,
  committed: false,
  calls: [],
  unsent: 0,
  notes: [],
  taught: 0,
  outcomesTold: 0,
  outcomesWritten: 0,
  unwritten: false,
  held: false,
  settles: [],
  frames: 0,
  characters: 0,
});

const read = async (entry: Case, { route }: World, { clock, trace }: Evidence): Promise<void> => {
  const { signal } = entry.ask;
  const run = await route(entry.ask);
  for await (const { events } of run.answer) {
    if (signal.aborted) break;
    entry.frames += 1;
    entry.firstFrameMs ??= clock.elapsed();
    for (const event of events) {
      if (event.type === 'text-delta') entry.characters += event.text.length;
      if (event.type === 'finish') entry.finish ??= event.reason;
      if (event.type === 'failure') entry.failure ??= event.cause;
    }
    trace('frame', entry.plan.n, entry.characters);
    if (entry.plan.pauseMs === 0) continue;
    const from = clock.elapsed();
    await clock.sleep(entry.plan.pauseMs, signal);
    entry.pausedMs += clock.elapsed() - from;
  }
};

/** A score goes to who learns by it as the judge does it, when the answer has ended well. */
const judge = (
  { plan: { score }, id, outcome, outcomesWritten, decision }: Case,
  { learner, said }: World,
  at: number,
): void => {
  if (score === undefined || !outcome || !decision || outcomesWritten === 0) return;
  const feedback = { requestId: id, source: 'user', score, at };
  said.set(id, feedback);
  learner.judged({ decision, outcome, before: [], now: [feedback] });
};

export const startClient = (plan: RequestPlan, world: World, evidence: Evidence): void => {
  const { clock } = evidence;
  clock.after(plan.atMs, () => {
    const left = new AbortController();
    const entry = caseOf(plan, evidence, left);
    evidence.add(entry);
    const leave = (): void => {
      if (entry.endMs !== undefined) return;
      entry.goneMs = clock.elapsed();
      left.abort(LEFT);
    };
    if (plan.goneMs !== undefined) clock.after(plan.goneMs, leave);
    void read(entry, world, evidence)
      .catch((fault: unknown) => void (entry.error = fault))
      .finally(() => {
        entry.endMs = clock.elapsed();
        evidence.trace('over', plan.n, entry.frames);
        if (plan.score !== undefined) clock.after(JUDGED_AFTER_MS, () => judge(entry, world, clock.now()));
      });
  });
};
