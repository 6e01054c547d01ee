// bourse backtest as it is typed, on a ledger file that the router's own decisions fill: what it finds, what it refuses, how it exits.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { backtest } from '../../src/commands/backtest.ts';
import type { Decision, Ranked } from '../../src/core/decision.ts';
import { nanoUsd } from '../../src/core/money.ts';
import { type Bourse, secretOf, startBourse } from '../support/bourse.ts';
import { attemptOf, decided, outcomeOf, said, settled } from '../support/ledger.ts';
import { seededRng } from '../support/rng.ts';
import { sampleRequest } from '../support/sample.ts';

const PATIENCE = { timeout: 60_000 };
const REQUESTS = 600;
const LARGE = 'tidal/current-70b';
/** With which the large model goes first in the log. */
const CHANCE = 0.35;
/** How often an answer is good. */
const TRUTH = new Map([
  [LARGE, 0.8],
  ['meadow/clover-8b', 0.45],
]);

let bourse: Bourse;
beforeAll(async () => {
  // The command reads its configuration as a person's shell has it.
  vi.stubEnv('HARBOR_API_KEY', secretOf('harbor'));
  bourse = await startBourse({
    sellers: [
      {
        name: 'harbor',
        dialect: 'chat',
        sells: [
          { model: LARGE, price: [2, 10] },
          { model: 'meadow/clover-8b', price: [0.1, 0.2] },
          { model: 'lumen/spark', price: [0.1, 0.2] },
        ],
      },
    ],
    policies: {
      auto: {
        models: ['tidal/*', 'meadow/*'],
        objective: { worth: '$0.02' },
        explore: { share: '60%', floor: '0%', spend: '$100/day' },
      },
    },
    config: { prices: { feeds: 'off' } },
  });
  await fill();
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await bourse[Symbol.asyncDispose]();
});

/** The router's own decision as one that explores much would have drawn it: whatever the learner thinks of these models, the log knows both. */
const drawn = (decision: Decision, luck: number): Decision => {
  const isLarge = ({ quote }: Ranked): boolean => quote.offer.model === LARGE;
  const ladder = decision.ladder.map((rung) => ({ ...rung, probability: isLarge(rung) ? CHANCE : 1 - CHANCE }));
  const first = ladder.filter((rung) => isLarge(rung) === luck < CHANCE);
  const rest = ladder.filter((rung) => !first.includes(rung));
  return { ...decision, ladder: [...first, ...rest], probability: first[0]?.probability ?? 0 };
};

/** Quoted by the router itself, answered and judged by the truth. */
const fill = async (): Promise<void> => {
  const rng = seededRng(11);
  const { app } = bourse;
  const signal = new AbortController().signal;
  for (let at = 0; at < REQUESTS; at += 1) {
    const requestId = `r${at}`;
    const caller = { id: 'local', policies: [] };
    const ask = { requestId, request: sampleRequest(), caller, explore: 'allowed', signal } as const;
    const decision = drawn(app.dryRun(ask), rng.next());
    const quote = decision.ladder[0]?.quote;
    if (!quote) throw new Error('nobody was chosen');
    const cost = nanoUsd(Math.round(quote.cost * (0.5 + rng.next())));
    const attempts = [attemptOf(requestId, { offer: quote.offer.key, cost, at: decision.at })];
    const good = rng.next() < (TRUTH.get(quote.offer.model) ?? 0);
    await app.ledger.append([
      decided(decision),
      settled(outcomeOf(requestId, { attempts, at: decision.at })),
      ...(rng.next() < 0.7 ? [said(requestId, { score: good ? 1 : 0, at: decision.at })] : []),
    ]);
  }
};

const policyFile = (name: string, change: object): string => {
  const path = join(bourse.folder, `${name}.yaml`);
  const content = {
    version: 1,
    name: 'auto',
    about: 'A policy that is tried.',
    feedback: { holdout: '0%' },
    ...change,
  };
  writeFileSync(path, JSON.stringify(content, null, 2));
  return path;
};

const type = async (...words: string[]) => {
  let [out, err] = ['', ''];
  const code = await backtest.run([...words, '--config', join(bourse.folder, 'bourse.yaml')], {
    out: (line) => (out += `${line}\n`),
    err: (line) => (err += `${line}\n`),
    write: () => undefined,
    live: false,
  });
  return { code, out, err };
};

describe('bourse backtest', PATIENCE, () => {
  it('finds what a better policy would have brought, near the truth, and exits with 0', async () => {
    const file = policyFile('bold', {
      models: ['tidal/*', 'meadow/*'],
      objective: { worth: '$1' },
      explore: { share: '0%' },
    });
    const { code, out } = await type('--policy', file, '--json');
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      policy: 'auto',
      traffic: 'auto',
      verdict: 'better',
      requests: REQUESTS,
      refused_because: [],
    });
    expect(code).toBe(0);
    const [low, high] = report.quality.tested.ci95;
    expect(low).toBeLessThan(0.8);
    expect(high).toBeGreaterThan(0.8);
    expect(report.usd_per_request.difference.mean).toBeGreaterThan(0);
    expect(Math.abs(report.mean_weight - 1)).toBeLessThan(0.1);
  });

  it('says in words that a policy is worse, and exits with 1', async () => {
    const { code, out } = await type('--policy', policyFile('thrift', { models: ['meadow/*'], objective: 'cheapest' }));
    expect(code).toBe(1);
    expect(out).toMatch(/^worse\. −\d/m);
    expect(out).toMatch(/weights average [01]\.\d+ ±/);
  });

  it('refuses to judge models the log never tried, and requests nobody may serve', async () => {
    const untried = await type('--policy', policyFile('novel', { models: ['lumen/*'], objective: 'cheapest' }));
    expect(untried.code).toBe(1);
    expect(untried.out).toContain(
      'refused: 100.0 % of its choices go to models the traffic never tried (most: lumen/spark)',
    );
    const nobody = await type('--policy', policyFile('strict', { require: { max_cost: '$0.000000001' } }));
    expect(nobody.code).toBe(1);
    expect(nobody.out).toContain('no offer passes');
  });

  it('names the traffic there is where the name fits none, and the line of a mistake in the file', async () => {
    await expect(type('--policy', policyFile('other', {}), '--on', 'nobody')).rejects.toThrow(
      'there is traffic of auto',
    );
    await expect(type('--policy', policyFile('typo', { modles: [] }))).rejects.toThrow(/typo\.yaml:\d+:\d+ {2}modles/);
    await expect(type('--policy', 'none.yaml')).rejects.toThrow('none.yaml: there is no such policy file');
    await expect(type('--since', '7d')).rejects.toThrow('--policy FILE');
  });
});
