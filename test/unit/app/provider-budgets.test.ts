// Budgets that providers have of their own: asked call by call, settled with the outcome, put back after a restart.
import { describe, expect, it } from 'vitest';
import { createProviderBudgets } from '../../../src/app/provider-budgets.ts';
import { loadConfig } from '../../../src/config.ts';
import { nanoUsd } from '../../../src/core/money.ts';
import type { OfferKey } from '../../../src/core/offer.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { createFakeClock } from '../../support/clock.ts';
import { failureFrame, hang } from '../../support/provider.ts';
import { failed, GOOD, read, stage, textOf } from '../../support/stage.ts';

const DOLLAR = 1_000_000_000;
const set = (soft = false) => {
  const clock = createFakeClock();
  const store = createMemoryStore({ clock });
  const base = loadConfig(undefined, {});
  const limit = { amount: nanoUsd(DOLLAR), periodMs: 86_400_000, ...(soft ? { soft: true as const } : {}) };
  const [provider] = loadConfig(undefined, { OPENAI_API_KEY: 'sk-x' }).providers;
  if (!provider) throw new Error('no provider');
  const { purse, settle } = createProviderBudgets(
    { ...base, providers: [{ ...provider, name: 'p1', spend: limit }] },
    store,
  );
  const take = (id: string, amount: number) =>
    purse.take({ requestId: id, attempt: 1, provider: 'p1', amount: nanoUsd(amount), at: clock.now() });
  const ended = (id: string, cost: number) =>
    settle({
      requestId: id,
      attempts: [{ attempt: 1, offer: 'p1:lumen/spark' as OfferKey, cost: nanoUsd(cost) }] as never,
    });
  return { clock, store, purse, take, ended, settle };
};
const KEY = 'provider/p1/day/2026-11-24T00:00:00.000Z';

describe('a provider’s budget', () => {
  it('of one dollar is not passed by 256 callers at once, by not a nano-dollar', async () => {
    const { take, store } = set();
    const taken = await Promise.all(Array.from({ length: 256 }, (_, at) => take(`r${at}`, 15_000_001)));
    expect(taken.filter(Boolean)).toHaveLength(66);
    expect(await store.spent(KEY)).toBe(66 * 15_000_001);
  });

  it('comes back to what calls cost, and frees what they did not', async () => {
    const { take, ended, store } = set();
    expect([await take('r1', DOLLAR), await take('r2', 1)]).toEqual([true, false]);
    await ended('r1', 400);
    expect(await store.spent(KEY)).toBe(400);
    expect(await take('r3', DOLLAR - 400)).toBe(true);
  });

  it('that is soft sets nothing aside, and closes once it is reached', async () => {
    const { take, ended } = set(true);
    expect(await Promise.all([take('r1', 2 * DOLLAR), take('r2', 2 * DOLLAR)])).toEqual([true, true]);
    await ended('r1', DOLLAR - 1);
    expect(await take('r3', DOLLAR)).toBe(true);
    await ended('r2', 1);
    expect(await take('r4', 1)).toBe(false);
  });

  it('that is spent sends requests to other sellers, and ends them where there is none, with the time of its reset', async () => {
    const { purse, take } = set();
    await take('before', DOLLAR);
    const two = stage([[GOOD], [GOOD]], { purse });
    const dispatched = await two.run();
    if (!dispatched.committed) throw dispatched.error;
    expect(textOf(await read(dispatched.run.answer))).toBe('Hello');
    expect(two.providers.map(({ calls }) => calls.length)).toEqual([0, 1]);

    const alone = stage([[GOOD]], { purse });
    const { error, outcome } = failed(await alone.run());
    expect(error).toMatchObject({ code: 'budget_exhausted', detail: { retryAfterMs: 12 * 3_600_000 } });
    expect(outcome).toMatchObject({ status: 'failed', attempts: [], cost: 0 });
    expect(alone.providers[0]?.calls).toHaveLength(0);
  });

  it('makes calls carry a cap, so that what was set aside is enough', async () => {
    const { purse } = set();
    const capped = stage([[GOOD]], { purse });
    await capped.run();
    expect(capped.providers[0]?.calls[0]?.maxOutputTokens).toBe(16_384);
    const free = stage([[GOOD]]);
    await free.run();
    expect(free.providers[0]?.calls[0]?.maxOutputTokens).toBeUndefined();
  });

  it.each([
    ['keeps nothing set aside for a call that was not made because the ledger did not take its note', true],
    ['counts a call that had left when the ledger did not take its note', false],
  ])('%s', async (_, waits) => {
    const { purse, store, settle } = set();
    const journal = async ({ attempt }: { readonly attempt: number }) => {
      if (attempt === 2) throw new Error('the disk is full');
    };
    const scenes = [failureFrame({ sort: 'network', phase: 'headers' })];
    const refused = stage([[scenes, GOOD]], { purse, journal, waits });
    const running = refused.run();
    // The pause before the second attempt.
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    const held = await store.spent(KEY);
    expect(held).toBeGreaterThan(0);
    refused.clock.advance(1_000);
    const { error, outcome } = failed(await running);
    expect(error.cause).toMatchObject({ message: 'the disk is full' });
    await settle(outcome);
    // What may have left stays counted; for the call that did not leave nothing is.
    expect(await store.spent(KEY)).toBe(waits ? held : 2 * held);
    expect(outcome.attempts.map(({ costStatus }) => costStatus)).toEqual(Array(waits ? 1 : 2).fill('ambiguous'));
    expect(refused.health.view(refused.offers[0]?.key as OfferKey).share).toBe(1);
  });

  it('calls nobody for a client that leaves while room is looked for', async () => {
    const { purse } = set();
    const take = async (): Promise<boolean> => {
      gone.left.abort();
      return true;
    };
    const gone = stage([[hang()]], { purse: { ...purse, take } });
    expect(failed(await gone.run()).outcome).toMatchObject({ status: 'cancelled' });
    expect(gone.providers[0]?.calls.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it('that cannot be asked refuses the request, or, once somebody was called, ends it on record', async () => {
    const { purse } = set();
    const take = (away: number) => async (call: { readonly attempt: number }) => {
      if (call.attempt === away) throw new Error('the store is away');
      return true;
    };
    const busy = [failureFrame({ status: 503 })];
    const first = stage([[busy], [GOOD]], { purse: { ...purse, guards: () => true, take: take(1) } });
    await expect(first.run()).rejects.toThrow('the store is away');
    const second = stage([[busy], [GOOD]], { purse: { ...purse, guards: () => true, take: take(2) } });
    const { outcome } = failed(await second.run());
    expect(outcome).toMatchObject({ status: 'failed', error: 'upstream_overloaded', attempts: [{ attempt: 1 }] });
  });
});
