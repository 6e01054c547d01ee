// Requests as the ledger and as the client know them, side by side.
import type { RequestView } from '../../src/core/ledger.ts';
import type { Attempt } from '../../src/core/outcome.ts';
import type { Heard } from './client.ts';
import type { Evidence } from './stand.ts';

export const sellerOf = ({ offer }: Pick<Attempt, 'offer'>): string => offer.slice(0, offer.indexOf(':'));
export const attemptsOf = ({ outcome }: RequestView): readonly Attempt[] => outcome?.attempts ?? [];

export type Pair = { readonly view: RequestView; readonly heard: Heard };

/** Requests as the ledger and as the client know them; one that left before it was told its id is the one that is left over. */
export const pairsOf = ({ views, visits }: Pick<Evidence, 'views' | 'visits'>): readonly Pair[] => {
  const named = visits.flatMap((heard) => {
    const view = views.find(({ decision }) => decision.requestId === heard.headers['x-bourse-request-id']);
    return view ? [{ view, heard }] : [];
  });
  const nameless = visits.filter((heard) => heard.headers['x-bourse-request-id'] === undefined);
  const unclaimed = views.filter((view) => !named.some((pair) => pair.view === view));
  const [heard, ...others] = nameless;
  const [view] = unclaimed;
  return heard && view && others.length === 0 ? [...named, { view, heard }] : named;
};
