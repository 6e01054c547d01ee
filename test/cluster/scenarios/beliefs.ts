// Three learners around one Redis, 5 000 requests between them, some judged elsewhere than they were answered: in the end exactly one learner's beliefs.
import { randomUUID } from 'node:crypto';
import { createSharedBeliefs } from '../../../src/app/shared-beliefs.ts';
import { createSharing } from '../../../src/app/sharing.ts';
import type { Lesson } from '../../../src/core/ledger.ts';
import { BANDS, TASKS } from '../../../src/core/profile.ts';
import { createBeliefs } from '../../../src/learn/beliefs.ts';
import type { Word } from '../../../src/learn/learner.ts';
import { openRedisBulletin } from '../../../src/store/bulletin-redis.ts';
import { seededRng, systemClock } from '../../../src/world.ts';
import { until } from '../ask.ts';
import { createJudge, ms, type Scenario } from '../scenario.ts';
import { openWorld } from '../world.ts';

const REQUESTS = 5_000;
const REPLICAS = 3;
const MODELS = ['lab/a', 'lab/b', 'lab/c', 'lab/d', 'lab/e', 'lab/f'];
const JUDGED = 0.3;
const SETTLED_MS = 10_000;

const priorOf = () => ({ easy: 0.8, hard: 0.5, strength: 4, outputTokens: 300 });
const beliefsOf = () =>
  createBeliefs({ priorOf: priorOf as unknown as Parameters<typeof createBeliefs>[0]['priorOf'] });

/** The words of one stream, in the order they are said, and who says each. */
const wordsOf = (at: number): readonly { readonly by: number; readonly word: Word }[] => {
  const rng = seededRng(11);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(rng.next() * from.length)] as T;
  return Array.from({ length: REQUESTS }, (_, number) => {
    const model = pick(MODELS);
    const lesson: Lesson = {
      requestId: `request-${number}`,
      at: at + number,
      model,
      offer: `orion:${model}`,
      task: pick(TASKS),
      band: pick(BANDS),
      halfLifeMs: 14 * 86_400_000,
      outputTokens: Math.ceil(rng.next() * 900),
    };
    const said = [{ by: number % REPLICAS, word: { lesson, turn: 0 } }];
    if (rng.next() >= JUDGED) return said;
    const judged = { lesson: { ...lesson, reward: rng.next() }, turn: at + number, was: lesson };
    return [...said, { by: Math.floor(rng.next() * REPLICAS), word: judged }];
  }).flat();
};

const openReplica = (url: string, name: string) => {
  const beliefs = beliefsOf();
  const say = (): void => undefined;
  const bulletin = openRedisBulletin({ url, replica: `${name}/${randomUUID()}`, clock: systemClock });
  const sharing = createSharing({ bulletin, clock: systemClock, say });
  const shared = createSharedBeliefs({ clock: systemClock, ...beliefs, tell: sharing.taught, say });
  const nothing = (): void => undefined;
  sharing.listen({
    feeds: [],
    feed: nothing,
    cooldown: nothing,
    revoked: nothing,
    spent: nothing,
    missed: nothing,
    lesson: shared.hear,
  });
  return { beliefs, shared, sharing };
};

export const beliefs: Scenario = {
  name: 'beliefs of three replicas after 5 000 requests equal those of one',
  run: async () => {
    await using world = await openWorld({ database: 'none' });
    const { must, wrong } = createJudge();
    const replicas = Array.from({ length: REPLICAS }, (_, at) => openReplica(world.redisUrl, `replica-${at}`));
    await until(async () => replicas.every(({ sharing }) => sharing.replicas() === REPLICAS), SETTLED_MS);
    const one = beliefsOf();
    const words = wordsOf(Date.now());
    for (const [count, { by, word }] of words.entries()) {
      if (word.was) one.unlearn(word.was);
      one.learn(word.lesson);
      replicas[by]?.shared.teach(word);
      if (count % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const wanted = one.digest();
    const equal = await until(async () => replicas.every(({ beliefs: own }) => own.digest() === wanted), SETTLED_MS);
    const lost = replicas.reduce((sum, { sharing }) => sum + sharing.state().lost, 0);
    await Promise.all(replicas.map(({ sharing }) => sharing.close()));
    must(equal !== undefined, 'the digests differ');
    return {
      saw: `${words.length} words (${words.length - REQUESTS} judgements), digests equal ${ms(equal)} after the last, ${lost} notices lost`,
      wrong,
    };
  },
};
