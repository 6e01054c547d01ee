// A request that ends before anybody is called: it is on record whole, decision and outcome, and the ledger verifies.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FIRST_STEPS } from '../../src/ledger/check.ts';
import { type Bourse, settled, startBourse } from '../support/bourse.ts';
import { sampleRequest } from '../support/sample.ts';

let bourse: Bourse;
beforeAll(async () => {
  bourse = await startBourse({
    sellers: [{ name: 'harbor', dialect: 'chat', sells: [{ model: 'tidal/current-70b' }] }],
    policies: { auto: { objective: 'cheapest' } },
  });
});
afterAll(() => bourse[Symbol.asyncDispose]());

it('whose client left while it was decided is in the ledger with its decision', async () => {
  const ask = {
    requestId: 'left-at-once',
    request: sampleRequest({ model: 'auto' }),
    caller: { id: 'local', policies: [] },
    explore: 'never' as const,
    signal: AbortSignal.abort(),
  };
  await expect(bourse.app.route(ask)).rejects.toMatchObject({ code: 'client_closed' });
  const view = await settled(bourse, ask.requestId);
  expect(view.outcome).toMatchObject({ status: 'cancelled', attempts: [], cost: 0 });
  expect(bourse.upstream('harbor').seen).toEqual([]);
  const pages = await Promise.all(FIRST_STEPS.map((step) => bourse.app.ledger.check(step)));
  expect(pages.flatMap(({ problems }) => problems)).toEqual([]);
});
