// What is left to be seen once a cell has been played: the ledger's side, the sellers' bills, and what has not been put away.
import type { RequestView } from '../../src/core/ledger.ts';
import { holdsFor } from '../../src/policy/limits.ts';
import { ZERO_USD } from '../../src/core/money.ts';
import { healthy } from '../support/truth-bill/acts.ts';
import type { Cell } from './cell.ts';
import type { Visit } from './client.ts';
import type { SeenCall } from '../support/truth-bill/provider.ts';
import { type BilledCall, type Evidence, openStand, primaryKey, type Seen, type Stand } from './stand.ts';
import { modelOf, type World } from './world.ts';

/** As it was before the cell: timers under way, and characters written. */
export type Baseline = { readonly timers: number; readonly words: number };

const viewsOf = async ({ app, requestIds }: World, policy: string): Promise<readonly RequestView[]> => {
  const views = await Promise.all(requestIds(policy).map((id) => app.ledger.request(id)));
  return views.filter((view) => view !== undefined);
};

const connectionsOf = ({ app }: World): Promise<number> =>
  new Promise((resolve) => app.server.server.getConnections((_fault, count) => resolve(count ?? 0)));

const callsOpen = ({ calls }: Stand): number => calls().filter(({ ended }) => ended === 'open').length;

/** Waits until nothing of the cell is under way, as long as it may take; what still is then stays to be found. */
const settle = async (stand: Stand, baseline: Baseline): Promise<void> => {
  const { world, policy } = stand;
  await stand.until(async () => {
    if (callsOpen(stand) > 0 || world.clock.pending() > baseline.timers) return false;
    if ((await connectionsOf(world)) > 0) return false;
    const views = await viewsOf(world, policy);
    // A call is kept in a file of its own before it leaves, and may reach the tables after its answer.
    const booked = views.reduce((sum, { dispatches }) => sum + dispatches.length, 0);
    return booked >= stand.calls().length && views.every(({ outcome }) => outcome !== undefined);
  });
};

const heldOf = async ({ app }: World, views: readonly RequestView[]): Promise<ReadonlyMap<string, number>> => {
  const keys = views.flatMap(({ decision: { policy, plan, at } }) =>
    holdsFor({ policy, plan, at, amount: ZERO_USD }).map(({ key }) => key),
  );
  const pairs = [...new Set(keys)].map(async (key) => [key, await app.store.spent(key)] as const);
  return new Map(await Promise.all(pairs));
};

type Written = {
  readonly visits: readonly Visit[];
  readonly views: readonly RequestView[];
  readonly wordsBefore: number;
};

const outputsOf = async (
  world: World,
  { visits, views, wordsBefore }: Written,
): Promise<ReadonlyMap<string, string>> => {
  const metrics = await world.app.server.inject({ method: 'GET', url: '/metrics' });
  return new Map([
    ['the metrics', metrics.body],
    ['the log', world.words().slice(wordsBefore)],
    ['the ledger', JSON.stringify(views)],
    ...visits.map(({ heard }, at): [string, string] => [
      `answer ${at + 1}`,
      JSON.stringify(heard.headers) + heard.body,
    ]),
  ]);
};

/** The longest an offer may be left alone, with its jitter. */
const FORGIVEN_MS = 20 * 60_000;
const DAY_MS = 24 * 3_600_000;

/** A request with everything in order again: at once where there is another seller, else when the offer may be asked again. */
const askAgain = async (world: World, cell: Cell): Promise<Evidence['afterwards']> => {
  for (const seller of world.sellers.values()) seller.set(modelOf(cell), healthy);
  const isShut = world.app.market.health.view(primaryKey(cell)).state !== 'closed';
  if (cell.spendsTheDay) world.clock.skip(DAY_MS);
  if (cell.fallback === undefined && isShut) world.clock.skip(FORGIVEN_MS);
  if (cell.fallback === undefined && !world.sellers.has(cell.primary)) return undefined;
  const { heard } = await after(openStand(world, cell));
  return { heard, by: heard.headers['x-bourse-provider'] ?? '' };
};

const after = async (stand: Stand): Promise<{ readonly heard: Evidence['visits'][number] }> => ({
  heard: await stand.ask().over,
});

/** A call with what its seller charges for it. */
export const billed = ({ sellers }: World, call: SeenCall): BilledCall => {
  const seller = [...sellers.values()].find(({ spec }) => spec.seller === call.seller);
  if (!seller) throw new RangeError(`no seller ${call.seller}`);
  return { ...call, bill: seller.bill(call), rule: seller.ruleOf(call.model) };
};

export type Gathering = {
  readonly stand: Stand & { readonly visits: readonly Visit[] };
  readonly baseline: Baseline;
  readonly warnings: readonly string[];
  /** Virtual ms per real one while it was played. */
  readonly speed: number;
  readonly seen: Seen;
};

export const gather = async ({ stand, baseline, warnings, speed, seen }: Gathering): Promise<Evidence> => {
  const { world, cell, policy, visits } = stand;
  await settle(stand, baseline);
  const { clock } = world;
  const leftovers = {
    timers: clock.pending() - baseline.timers,
    calls: callsOpen(stand),
    connections: await connectionsOf(world),
  };
  const views = await viewsOf(world, policy);
  const calls = stand.calls();
  return {
    cell,
    visits: visits.map(({ heard }) => ({ ...heard, body: heard.body })),
    calls: calls.map((call) => billed(world, call)),
    views,
    held: await heldOf(world, views),
    health: seen,
    healthAfter: world.app.market.health.view(primaryKey(cell)),
    said: stand.said(),
    outputs: await outputsOf(world, { visits, views, wordsBefore: baseline.words }),
    leftovers,
    warnings,
    afterwards: await askAgain(world, cell),
    speed,
  };
};
