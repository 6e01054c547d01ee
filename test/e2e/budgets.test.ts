// What a request has cost is counted once and everywhere alike: under its policy, its seller, its budget and in the ledger, whatever goes wrong.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { RouterError } from '../../src/core/errors.ts';
import type { LedgerRecord } from '../../src/core/ledger.ts';
import { modelKey, offerKey } from '../../src/core/offer.ts';
import { budgetCounter, counterOf } from '../../src/policy/limits.ts';
import { says } from '../support/answers.ts';
import { type Bourse, type SellerSpec, settled, startBourse, until } from '../support/bourse.ts';
import { createShiftedClock } from '../support/clock.ts';
import { json, type Script } from '../support/upstream.ts';

const MODEL = 'tidal/current-70b';
const DAY_MS = 86_400_000;
const clock = createShiftedClock();
let bourse: Bourse;
afterEach(() => bourse[Symbol.asyncDispose]());

/** Harbor is the cheaper one and is asked first. */
const start = async (harbor: Partial<SellerSpec> = {}, config: object = {}): Promise<void> => {
  const seller = (name: string, input: number) => ({
    name,
    dialect: 'chat' as const,
    sells: [{ model: MODEL, price: [input, 10 * input] as const, maxOutput: '1k' }],
    spend: '$1/day',
  });
  bourse = await startBourse({
    sellers: [{ ...seller('harbor', 1), ...harbor }, seller('nimbus', 2)],
    policies: { auto: { objective: { budget: '$2/day' }, limits: { spend: '$1/day' } } },
    world: { clock },
    config,
  });
  bourse.upstream('nimbus').play(says('chat', { text: 'yes' }));
};

const ask = async () => {
  const response = await bourse.post('/v1/chat/completions', {
    model: 'auto',
    messages: [{ role: 'user', content: 'Where is my parcel?' }],
  });
  return { response, body: JSON.parse(await response.text()), id: response.headers.get('x-bourse-request-id') ?? '' };
};

/** All that stands on each counter of today. */
const counters = async () => {
  const at = (counter: string) => bourse.app.store.spent(counterOf(counter, DAY_MS, clock.now()));
  return {
    policy: await at('policy/auto'),
    budget: await at(budgetCounter('auto')),
    sellers: (await at('provider/harbor')) + (await at('provider/nimbus')),
  };
};

/** What the ledger says: what may have been billed stands at what it can have cost. */
const booked = async () => {
  const rows = await bourse.app.ledger.spend({ from: 0, to: clock.now() + 1 }, 'policy');
  const spent = rows.reduce((sum, { cost, ambiguousCost }) => sum + cost + ambiguousCost, 0);
  return { policy: spent, budget: spent, sellers: spent };
};

/** The ledger takes no note of attempts with that number. */
const refuseNotesOf = (number: number): void => {
  const { ledger } = bourse.app;
  const append = ledger.append.bind(ledger);
  const isRefused = (record: LedgerRecord): boolean => record.kind === 'dispatch' && record.note.attempt === number;
  const refusal = new RouterError('ledger_unavailable', 'the disk is full');
  Object.assign(ledger, {
    append: (records: readonly LedgerRecord[]): Promise<void> =>
      records.some(isRefused) ? Promise.reject(refusal) : append(records),
  });
};

describe('a ledger that refuses the note of a later attempt', () => {
  const reset: Script = { before: { reset: true }, steps: [] };
  it.each([
    ['was billed', json({ error: { message: 'down' } }, 503), 'estimated'],
    ['may have been billed', reset, 'ambiguous'],
  ] as const)('leaves an earlier one that %s counted everywhere, and so does a restart', async (_, script, how) => {
    await start({ billing: { on_cancel: 'stops', on_error: 'prompt' } });
    bourse.upstream('harbor').play(script);
    refuseNotesOf(2);
    const { response, body, id } = await ask();
    expect([response.status, body.error.code]).toEqual([503, 'ledger_unavailable']);
    const { outcome } = await settled(bourse, id);
    expect(outcome).toMatchObject({ status: 'failed', attempts: [{ attempt: 1, costStatus: how }] });
    const after = await booked();
    expect(after.policy).toBeGreaterThan(0);
    expect(await counters()).toEqual(after);
    await bourse.restart();
    expect(await counters()).toEqual(after);
    expect(bourse.upstream('nimbus').seen).toEqual([]);
  });

  it('counts nothing where it is the first, and nobody was called', async () => {
    await start();
    refuseNotesOf(1);
    expect((await ask()).body.error.code).toBe('ledger_unavailable');
    expect(await counters()).toEqual({ policy: 0, budget: 0, sellers: 0 });
    expect(bourse.upstream('harbor').seen).toEqual([]);
  });
});

it('a budget counts what its policy spent, over a restart and into the next day', async () => {
  await start();
  bourse.upstream('harbor').play({ before: { cut: true }, steps: [] }, says('chat', { text: 'yes' }));
  for (let number = 0; number < 5; number += 1) await settled(bourse, (await ask()).id);
  const spent = await booked();
  expect(spent.policy).toBeGreaterThan(0);
  expect(await counters()).toEqual(spent);
  await bourse.restart();
  expect(await counters()).toEqual(spent);
  clock.advance(DAY_MS);
  expect(await counters()).toEqual({ policy: 0, budget: 0, sellers: 0 });
  await settled(bourse, (await ask()).id);
  expect((await counters()).budget).toBe((await booked()).policy - spent.policy);
});

const redis = inject('redisUrl');
it.skipIf(!redis)('a replica that starts knows what its budget has spent, before its first request', async () => {
  // A database of its own: other tests have counters of the same names.
  await start({}, { redis: `${redis}/7` });
  bourse.upstream('harbor').play(says('chat', { text: 'yes' }));
  for (let number = 0; number < 3; number += 1) await settled(bourse, (await ask()).id);
  const spent = (await booked()).budget;
  const known = (): number => bourse.app.store.known(counterOf(budgetCounter('auto'), DAY_MS, clock.now()));
  expect(known()).toBe(spent);
  await bourse.restart();
  expect(known()).toBe(spent);
});

it('a limit that is written later counts what was spent before in its window, once', async () => {
  await start();
  bourse.upstream('harbor').play(says('chat', { text: 'yes' }));
  const file = join(bourse.folder, 'policies', 'auto.yaml');
  const policy = JSON.parse(readFileSync(file, 'utf8'));
  const limit = async (limits: object): Promise<void> => {
    const told = bourse.said.length;
    writeFileSync(file, JSON.stringify({ ...policy, limits }));
    await bourse.app.policies.reload();
    await until(() => bourse.said.slice(told).some((line) => line.startsWith('policies reloaded')) || undefined);
  };
  await limit({});
  for (let number = 0; number < 3; number += 1) await settled(bourse, (await ask()).id);
  const spent = (await booked()).policy;
  await limit({ spend: '$1/day' });
  await until(async () => (await counters()).policy > 0 || undefined);
  expect((await counters()).policy).toBe(spent);
  await settled(bourse, (await ask()).id);
  // Another length of window, and back again: neither counts anything twice.
  await limit({ spend: '$1/hour' });
  await limit({ spend: '$1/day' });
  await settled(bourse, (await ask()).id);
  const after = await booked();
  expect(after.policy).toBeGreaterThan(spent);
  await until(async () => (await counters()).policy >= after.policy || undefined);
  expect(await counters()).toEqual(after);
  await limit({ spend: '$0.0001/day' });
  expect((await ask()).body.error.code).toBe('budget_exhausted');
});

it('a seller whose budget is spent does not keep requests from one that rests', async () => {
  await start({ spend: '$0.000001/day' });
  const nimbus = offerKey('nimbus', modelKey(MODEL));
  bourse.app.market.health.cool(nimbus, 60_000, 'it was slow');
  const said = new Map<number, number>();
  for (let number = 0; number < 100; number += 1) {
    const { response, body } = await ask();
    said.set(response.status, (said.get(response.status) ?? 0) + 1);
    if (response.status === 200) continue;
    expect(body.error.code).toBe('no_candidate');
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  }
  // One in ten is sent to it all the same.
  expect(new Set(said.keys())).toEqual(new Set([200, 503]));
  expect(said.get(200)).toBeLessThan(30);
  expect(bourse.upstream('harbor').seen).toEqual([]);
});
