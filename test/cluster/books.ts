// What was spent, as the shared counter says it and as the ledger says it.
import { holdOn } from '../../src/policy/limits.ts';
import { nanoUsd } from '../../src/core/money.ts';
import { until } from './ask.ts';
import type { World } from './world.ts';

const DAY_MS = 86_400_000;

/** Nano-dollars of today under the key's counter. */
export const counted = (world: World): Promise<number> => {
  const limit = { amount: nanoUsd(1), periodMs: DAY_MS };
  const { key } = holdOn({ counter: `key/${world.caller.id}`, limit, at: Date.now(), amount: nanoUsd(0) });
  return world.askShared(async (redis) => {
    const epoch = await redis.get('{bourse}:epoch');
    return Number((await redis.get(`{bourse}:spent:${epoch}:${key}`)) ?? 0);
  });
};

/** Nano-dollars in the ledger; a call without an end counts at the most it can have cost. */
export const recorded = async (world: World): Promise<number> => {
  const [row] = await world.askPostgres(
    `select coalesce(sum(coalesce(a.cost, n.reserved)), 0) as cost
      from bourse.decisions d join bourse.dispatches n using (request_id)
      left join bourse.attempts a on a.request_id = n.request_id and a.attempt = n.attempt where d.caller = $1`,
    [world.caller.id],
  );
  return Number(row?.['cost'] ?? 0);
};

/** How long until both say the same; undefined: not in time. */
export const untilEqual = (world: World, withinMs: number): Promise<number | undefined> =>
  until(async () => (await counted(world)) === (await recorded(world)), withinMs);
