// A restart gives nobody a fresh budget: the cap that is being used up, asked about right after every start.
import type { Ledger } from '../../src/core/ports.ts';
import { systemClock } from '../../src/world.ts';
import { ask } from './load.ts';
import { type Place, TIGHT_CAP_USD } from './place.ts';

const CAP_NANO = TIGHT_CAP_USD * 1e9;
const MONTH = 7;
const DAY_MS = 86_400_000;

/** Calendar months in UTC since `from`: each has a cap of its own. */
const monthOf = (at: number): string => new Date(at).toISOString().slice(0, MONTH);

const usedOf = async (ledger: Pick<Ledger, 'spend'>, now: number): Promise<number> => {
  const rows = await ledger.spend({ from: Date.parse(`${monthOf(now)}-01`), to: now + DAY_MS }, 'policy');
  const row = rows.find(({ key }) => key === 'tight');
  return row ? row.cost + row.ambiguousCost : 0;
};

export type CapVerdict = { readonly findings: readonly string[]; readonly refused: boolean };

export type CapQuestion = {
  readonly place: Place;
  readonly ledger: Pick<Ledger, 'spend'>;
  readonly url: string;
  readonly number: number;
  readonly since: number;
};

/**
 * One request under the cap: refused for certain where not even its own answer has room, served for certain where all it could ever cost has.
 * In between either is right.
 */
export const judgeCap = async ({ place, ledger, url, number, since }: CapQuestion): Promise<CapVerdict> => {
  const { tight } = place;
  const { input, output } = tight.spec.prices;
  const used = await usedOf(ledger, systemClock.now());
  const least = (Number(output) * number) / 1_000;
  const most = 3 * (least + Number(input));
  const { status, body } = await ask({ url, number, policy: 'tight', stream: false }).over;
  const isRefused = status === 429 && body.includes('budget_exhausted');
  const billed = tight.calls.reduce((sum, call) => sum + Number(tight.bill(call)), 0);
  const months = monthOf(since) === monthOf(systemClock.now()) ? 1 : 2;
  const state = `${Math.round(used)} of ${CAP_NANO} n$ are used`;
  return {
    refused: isRefused,
    findings: [
      ...(billed > months * CAP_NANO ? [`the seller bills ${billed} n$ under a cap of ${CAP_NANO}`] : []),
      ...(used + least > CAP_NANO && !isRefused ? [`${state} after a restart, and a request got ${status}`] : []),
      ...(used + most <= CAP_NANO && status !== 200 ? [`${state} after a restart, and a request got ${status}`] : []),
    ],
  };
};
