// Takes feedback: on the record first, then into the beliefs, so that a ledger read anew teaches what was taught here.
import type { Calibration } from '../core/calibration.ts';
import type { Decision } from '../core/decision.ts';
import type { Feedback } from '../core/ledger.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Ledger } from '../core/ports.ts';
import type { Learner } from '../learn/learner.ts';
import type { Taking } from './rewards.ts';

export type JudgeDeps = {
  readonly ledger: Ledger;
  readonly learner: Pick<Learner, 'judged'>;
  readonly calibration: Pick<Calibration, 'heard'>;
  readonly taking: Taking;
};

/** Requests judged before they ended that are kept in mind; beyond it the oldest is learned of at the next start. */
const MOST_EARLY = 10_000;

type Words = { readonly before: readonly Feedback[]; readonly now: readonly Feedback[] };

/** What each source said last. */
const withLatest = (before: readonly Feedback[], now: Feedback): readonly Feedback[] => [
  ...before.filter(({ source }) => source !== now.source),
  now,
];

export const createJudge = ({ ledger, learner, calibration, taking }: JudgeDeps) => {
  /** Said while the request was still under way; learned when it ends. */
  const early = new Map<string, readonly Feedback[]>();
  /** One at a time per request, since each takes back what the one before taught. */
  const turns = new Map<string, Promise<void>>();

  const keepEarly = (feedback: Feedback): void => {
    const [oldest] = early.keys();
    if (early.size >= MOST_EARLY && oldest !== undefined && !early.has(feedback.requestId)) early.delete(oldest);
    early.set(feedback.requestId, withLatest(early.get(feedback.requestId) ?? [], feedback));
  };

  const learn = (decision: Decision, outcome: Outcome, { before, now }: Words): void => {
    const { caller = '', signals = [] } = outcome;
    learner.judged({ decision, outcome, before, now });
    if (outcome.status === 'ok') calibration.heard(caller, [...signals, ...before], [...signals, ...now]);
  };

  const hear = async (said: Feedback): Promise<void> => {
    const { requestId } = said;
    const known = await ledger.request(requestId);
    const taken = known && taking(said, known.decision, known.caller);
    const feedback = taken ? { ...said, taken } : said;
    const before = known?.feedback ?? [];
    // It may end at any moment from here on; the ledger keeps order, so an end that came first is seen below.
    if (!known?.outcome) keepEarly(feedback);
    await ledger.append([{ kind: 'feedback', feedback }]);
    const view = known?.outcome ? known : await ledger.request(requestId);
    if (!view?.outcome || (!known?.outcome && !early.delete(requestId))) return;
    // Outcomes of earlier versions do not say whose they are.
    learn(view.decision, { caller: view.caller, ...view.outcome }, { before, now: withLatest(before, feedback) });
  };

  return {
    /** Resolves when it is on the record, and learned where its request has ended. */
    hear(feedback: Feedback): Promise<void> {
      const turn = (turns.get(feedback.requestId) ?? Promise.resolve()).then(() => hear(feedback));
      const quiet = turn.catch(() => undefined);
      turns.set(feedback.requestId, quiet);
      void quiet.then(() => turns.get(feedback.requestId) === quiet && turns.delete(feedback.requestId));
      return turn;
    },

    /** A request has ended, and its outcome is on its way to the ledger. */
    ended(decision: Decision, outcome: Outcome): void {
      const now = early.get(outcome.requestId);
      if (early.delete(outcome.requestId) && now) learn(decision, outcome, { before: [], now });
    },
  };
};
