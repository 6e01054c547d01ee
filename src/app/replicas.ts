// Ties what this replica learns, spends and sees to what the others tell of it; where it is alone there is nothing to tie.
import type { Keyring } from '../auth/keys.ts';
import type { Decision } from '../core/decision.ts';
import type { Lesson } from '../core/ledger.ts';
import type { Clock } from '../core/ports.ts';
import type { OpenedLedger } from '../ledger/recover.ts';
import type { Cooldown } from '../market/health.ts';
import type { Learner } from '../learn/learner.ts';
import type { LearningWorld } from './learning.ts';
import type { OpenMarket } from './market.ts';
import { createSharedBeliefs } from './shared-beliefs.ts';
import { createSharedSpend } from './shared-spend.ts';
import type { Sharing } from './sharing.ts';

export type ReplicasWorld = {
  readonly sharing: Sharing | undefined;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly ledger: OpenedLedger;
};

export type Parts = {
  readonly market: OpenMarket;
  readonly learner: Learner;
  readonly keyring: Keyring;
};

const NOT_OPEN = (): never => {
  throw new Error('nothing is learned before the learner is open');
};

const tie = ({ sharing, clock, say, ledger }: ReplicasWorld & { readonly sharing: Sharing }) => {
  let learner: Pick<Learner, 'learn' | 'unlearn'> = { learn: NOT_OPEN, unlearn: NOT_OPEN };
  let spend: ReturnType<typeof createSharedSpend> | undefined;
  const beliefs = createSharedBeliefs({
    clock,
    learn: (lesson: Lesson) => learner.learn(lesson),
    unlearn: (lesson: Lesson) => learner.unlearn(lesson),
    tell: sharing.taught,
    say,
    ...(ledger.shared && { since: ledger.shared.lessonsSince }),
  });
  const others: LearningWorld['others'] = {
    replicas: sharing.replicas,
    teach: beliefs.teach,
    recalled: beliefs.recalled,
  };
  return {
    onReading: sharing.feedRead,
    onCooldown: ({ offer, untilMs, why }: Cooldown): void => sharing.cooled(offer, untilMs - clock.now(), why),
    others,
    listen({ market, learner: opened, keyring }: Parts): void {
      learner = opened;
      const shared = createSharedSpend({ learner: opened, tell: sharing.spent });
      spend = shared;
      sharing.listen({
        feeds: market.feeds,
        feed: (bytes) => void market.refresh.hear(bytes),
        cooldown: (offer, forMs, why) => market.health.heard({ offer, untilMs: clock.now() + forMs, why }),
        revoked: keyring.revoke,
        lesson: beliefs.hear,
        spent: shared.hear,
        missed: beliefs.missed,
      });
    },
    settled: (decision: Decision): void => spend?.settled(decision),
    close: beliefs.close,
  };
};

/** Undefined: this process is alone. */
export const tieReplicas = ({ sharing, ...world }: ReplicasWorld): ReturnType<typeof tie> | undefined =>
  sharing && tie({ ...world, sharing });
