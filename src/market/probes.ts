// Which offers are worth a probe, which are never sent one, and what probes may cost in a day.
import { type NanoUsd, nanoUsd } from '../core/money.ts';
import type { Offer, OfferKey } from '../core/offer.ts';
import type { Attempt } from '../core/outcome.ts';
import type { Clock } from '../core/ports.ts';

export type ProbeTerms = {
  /** Never more than this in a day (UTC). 0: no probes at all. */
  readonly perDay: NanoUsd;
  /** Nor more than this share of what callers' requests cost in the day before. */
  readonly share: number;
};

/** What probes may cost today: an idle router has nothing to find out and spends nothing. */
export const probeLimit = ({ perDay, share }: ProbeTerms, spentLately: NanoUsd): NanoUsd =>
  nanoUsd(Math.min(perDay, Math.floor(share * spentLately)));

/** A policy's offers, best first: by what is known, and as if those in doubt were as fast as they may be. */
export type Prospects = { readonly known: readonly OfferKey[]; readonly hopeful: readonly OfferKey[] };

/** Those a probe could bring to the first place; of the one that has it, the next request will tell. */
export const couldWin = ({ known: [first], hopeful }: Prospects): readonly OfferKey[] => {
  const at = first === undefined ? -1 : hopeful.indexOf(first);
  return at < 0 ? hopeful : hopeful.slice(0, at);
};

/** One offer is not asked more often than this. */
const LEAST_APART_MS = 60_000;
/** A call that costs this many times its estimate was no small call. */
const OVERRUN = 10;
/** For this long an offer that overran, or that refuses our question, is not asked again; restarts included. */
export const OFF_MS = 7 * 86_400_000;

export type Probed = {
  readonly offer: OfferKey;
  readonly estimate: NanoUsd;
  readonly cost: NanoUsd;
  readonly result: Attempt['result'];
};

/** Sums over an offer's probes, as a ledger has them. */
export type ProbeSums = {
  readonly offer: OfferKey;
  readonly estimate: NanoUsd;
  /** Dollars, and dollars squared. */
  readonly cost: number;
  readonly costSquares: number;
};

/** Says nothing of the offer's speed and never will: the question itself is not taken. */
const REFUSALS: ReadonlySet<Attempt['result']> = new Set(['caller', 'unsupported', 'context', 'refused']);

/** Memory is bounded by the offers there are. */
export const createProbeRules = ({ clock }: { readonly clock: Clock }) => {
  const offUntil = new Map<OfferKey, number>();
  const askedAt = new Map<OfferKey, number>();

  const switchOff = (offer: OfferKey): void => void offUntil.set(offer, clock.now() + OFF_MS);

  return {
    /** What a model thinks to itself before sixteen tokens nobody can bound: those that reason are never asked. */
    mayAsk({ key, capabilities }: Offer): boolean {
      const now = clock.now();
      const last = askedAt.get(key);
      const rested = last === undefined || now - last >= LEAST_APART_MS;
      return !capabilities.reasoning && rested && (offUntil.get(key) ?? 0) <= now;
    },

    began: (offer: OfferKey): void => void askedAt.set(offer, clock.now()),

    /** Why the offer is asked no more, where that is how it ended. */
    ended({ offer, estimate, cost, result }: Probed): string | undefined {
      const why =
        cost > OVERRUN * estimate
          ? 'a probe cost more than ten times its estimate'
          : REFUSALS.has(result)
            ? `it does not take our question (${result})`
            : undefined;
      if (why !== undefined) switchOff(offer);
      return why;
    },

    /** Σc²/Σc is never more than the dearest probe, so what is above the bound surely overran; a slight overrun among many is forgotten. */
    recall({ offer, estimate, cost, costSquares }: ProbeSums): void {
      if (cost > 0 && costSquares / cost > (OVERRUN * estimate) / 1e9) switchOff(offer);
    },
  };
};

export type ProbeRules = ReturnType<typeof createProbeRules>;
