// Who could win: the questions callers asked lately, quoted again as if every offer nobody has measured were as fast as it may be.
import type { Decision } from '../core/decision.ts';
import { RouterError } from '../core/errors.ts';
import type { Offer, OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';
import type { Learner } from '../learn/learner.ts';
import { bucketOf } from '../market/latency-estimate.ts';
import { couldWin } from '../market/probes.ts';
import type { Quotes } from '../market/quote.ts';
import type { OpenMarket } from './market.ts';

export type ProspectsDeps = { readonly market: OpenMarket; readonly learner: Learner; readonly clock: Clock };

/** A question nobody has asked for this long is nobody's any more. */
const LATELY_MS = 3_600_000;
/** Policies × rules × prompt sizes; the one asked longest ago leaves. */
const MOST_QUESTIONS = 200;

const kindOf = ({ policy, rule, profile }: Decision): string =>
  `${policy}|${rule}|${bucketOf(profile.inputTokens)}|${profile.stream}`;

/** Offers best first, without chance; none where nobody is left. */
const rankedBy =
  ({ learner, clock }: ProspectsDeps) =>
  (decision: Decision, quotes: Quotes): readonly OfferKey[] => {
    const { requestId, policy, policyHash: hash, rule, plan, profile } = decision;
    const ask = { requestId, explore: 'never' } as const;
    const choice = { ask, at: clock.now(), policy: { name: policy, hash }, rule, plan, profile, pinned: false };
    try {
      return learner.decide({ ...choice, ...quotes }).ladder.map(({ quote }) => quote.offer.key);
    } catch (fault) {
      if (fault instanceof RouterError && fault.code === 'no_candidate') return [];
      throw fault;
    }
  };

export const createProspects = (deps: ProspectsDeps) => {
  const { market, learner, clock } = deps;
  const { latency, health } = market;
  const questions = new Map<string, Decision>();
  const ranked = rankedBy(deps);

  const wantedFor = (decision: Decision): readonly OfferKey[] => {
    const { plan, profile } = decision;
    const question = { plan, profile, dialect: 'chat' as const, tokensOf: learner.tokensFor(profile), at: clock.now() };
    const known = ranked(
      decision,
      market.market.prospects(question, () => false),
    );
    const [first] = known;
    const inDoubt = (offer: OfferKey): boolean => offer !== first && latency.isStale(offer);
    const hopeful = ranked(decision, market.market.prospects(question, inDoubt));
    // An offer on trial that would be first is tried by us rather than by the next caller.
    const onTrial = first !== undefined && health.view(first).state === 'trial' ? [first] : [];
    return [...onTrial, ...couldWin({ known, hopeful }).filter(inDoubt)];
  };

  return {
    noticed(decision: Decision): void {
      if (decision.reason === 'pinned') return;
      const kind = kindOf(decision);
      questions.delete(kind);
      questions.set(kind, decision);
      const [oldest] = questions.keys();
      if (questions.size > MOST_QUESTIONS && oldest !== undefined) questions.delete(oldest);
    },

    /** Those measured longest ago first; whoever is to be left alone is. */
    wanted(): readonly Offer[] {
      const lately = [...questions.values()].filter(({ at }) => clock.now() - at <= LATELY_MS);
      const keys = new Set(lately.flatMap(wantedFor));
      return market.offers
        .filter(({ key }) => keys.has(key) && health.view(key).share > 0)
        .toSorted((a, b) => (latency.measuredAt(a.key) ?? 0) - (latency.measuredAt(b.key) ?? 0));
    },
  };
};
