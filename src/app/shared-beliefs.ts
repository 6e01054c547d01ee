// What one replica learned, the others learn as well: of each request the last that was said, whatever the order and however often it is told.
import { z } from 'zod';
import type { Lesson } from '../core/ledger.ts';
import type { Clock } from '../core/ports.ts';
import { BANDS, TASKS } from '../core/profile.ts';
import type { Word } from '../learn/learner.ts';

export type SharedBeliefsDeps = {
  readonly clock: Clock;
  readonly learn: (lesson: Lesson) => void;
  readonly unlearn: (lesson: Lesson) => void;
  /** Tells the other replicas. */
  readonly tell: (body: unknown) => void;
  /** Lessons of a shared ledger answered since then, epoch ms; absent: others' lessons stand in none this process can read. */
  readonly since?: (at: number) => AsyncIterable<readonly Lesson[]>;
  readonly say: (line: string) => void;
};

/** Requests whose last lesson is kept in mind, the newest first. Of older ones a notice itself says what they taught before. */
const MOST_RECENT = 100_000;
/**
 * What was missed is looked for from so long before anything was last heard: others' clocks may be behind. Never further than what is kept in
 * mind, which bounds how much is read.
 */
const LOOK_BACK_MS = 900_000;
/** And so long after it was missed, and so long after that: the ledger mostly has it at once, but it may still be on its way. */
const LOOK_AFTER_MS = [250, 2_000] as const;

const LessonBody = z.looseObject({
  requestId: z.string().max(128),
  at: z.number(),
  model: z.string().max(256),
  offer: z.string().max(512),
  task: z.enum(TASKS),
  band: z.enum(BANDS),
  halfLifeMs: z.number().positive(),
  features: z.string().max(1_024).optional(),
  outputTokens: z.number().min(0).optional(),
  reward: z.number().min(0).max(1).optional(),
});
/** `turn` grows with every judgement of a request; `was`: what it taught before. */
const WordBody = z.object({ lesson: LessonBody, turn: z.number().min(0), was: LessonBody.optional() });

const sameWord = (a: Lesson, b: Lesson): boolean =>
  a.reward === b.reward && a.shift === b.shift && a.outputTokens === b.outputTokens;

/** What is in the ledger does not say when it was judged: it wins over what nobody had judged and over nothing else. */
const turnInLedger = ({ reward }: Lesson): number => (reward === undefined ? 0 : 1);

/** Of each request what was said last, as far as it is kept in mind; and what is learned because of that. */
const createMind = ({ clock, learn, unlearn }: Pick<SharedBeliefsDeps, 'clock' | 'learn' | 'unlearn'>) => {
  const recent = new Map<string, { readonly lesson: Lesson; readonly turn: number }>();
  /** Nothing answered since then was learned without being in mind. */
  let horizon = clock.now() - LOOK_BACK_MS;

  const remember = ({ lesson, turn }: Word): void => {
    recent.delete(lesson.requestId);
    recent.set(lesson.requestId, { lesson, turn });
    const [oldest] = recent.values();
    if (recent.size <= MOST_RECENT || !oldest) return;
    recent.delete(oldest.lesson.requestId);
    horizon = Math.max(horizon, oldest.lesson.at + 1);
  };

  const take = (word: Word): void => {
    const known = recent.get(word.lesson.requestId);
    if (known && known.turn >= word.turn) return;
    const held = known?.lesson ?? (word.was && word.was.at < horizon ? word.was : undefined);
    if (held) unlearn(held);
    learn(word.lesson);
    remember(word);
  };

  return {
    take,
    horizon: (): number => horizon,
    /** It is learned already. */
    keep: (lesson: Lesson): void => {
      if (lesson.at >= horizon) remember({ lesson, turn: turnInLedger(lesson) });
    },
    /** As the ledger has it; may be known. */
    check: (lesson: Lesson): void => {
      const known = recent.get(lesson.requestId);
      if (known ? !sameWord(known.lesson, lesson) : lesson.at >= horizon) take({ lesson, turn: turnInLedger(lesson) });
    },
  };
};

export const createSharedBeliefs = (deps: SharedBeliefsDeps) => {
  const { clock, tell, since, say } = deps;
  const mind = createMind(deps);
  const stopped = new AbortController();
  /** When others were last heard of. */
  let heardAt = clock.now();
  /** From when on something may be missing. */
  let missing: number | undefined;
  let failing = false;
  let looking: Promise<void> | undefined;

  const read = async (from: number): Promise<void> => {
    try {
      for await (const lessons of since?.(from) ?? []) lessons.forEach(mind.check);
      failing = false;
    } catch (fault) {
      missing = Math.min(from, missing ?? from);
      if (!failing) say(`what other replicas learned could not be read, and is tried again: ${String(fault)}`);
      failing = true;
    }
  };

  const look = async (): Promise<void> => {
    while (missing !== undefined && !stopped.signal.aborted) {
      const from = Math.max(missing, mind.horizon());
      // What is missed from here on is looked for afterwards.
      missing = undefined;
      for (const afterMs of LOOK_AFTER_MS) {
        await clock.sleep(afterMs, stopped.signal);
        if (!stopped.signal.aborted) await read(from);
      }
    }
  };

  return {
    /** Learned here first: a request has ended, or somebody has judged it. */
    teach(word: Word): void {
      mind.take(word);
      tell(word);
    },
    /** Read from the ledger before others were heard, and learned. */
    recalled: mind.keep,
    /** @throws when it is not what a replica of this version says */
    hear(body: unknown): void {
      heardAt = clock.now();
      mind.take(WordBody.parse(body) as Word);
    },
    /** Something another replica said never came: the ledger has it, or will have it in a moment. */
    missed(): void {
      missing = Math.min(missing ?? Infinity, heardAt - LOOK_BACK_MS);
      looking ??= look().finally(() => (looking = undefined));
    },
    close: async (): Promise<void> => {
      stopped.abort();
      await looking;
    },
  };
};
