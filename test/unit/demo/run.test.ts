import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelKey } from '../../../src/core/offer.ts';
import { type DemoRun, type RunProgress, runDemo } from '../../../src/demo/run.ts';
import { type Score, scoreRun } from '../../../src/demo/score.ts';
import { startWorld, type World } from '../../../src/demo/upstreams.ts';
import { createFakeClock } from '../../support/clock.ts';
import { startToyRouter, type ToyRouter } from './toy-router.ts';

const REQUESTS = 80;
const baseline = modelKey('quarry/granite-large');

const runThrough = async (
  world: World,
  router: ToyRouter,
  onProgress?: (progress: RunProgress) => void,
): Promise<DemoRun> =>
  runDemo({
    requests: REQUESTS,
    seed: 7,
    world,
    client: new OpenAI({ baseURL: router.baseUrl, apiKey: 'demo', maxRetries: 0 }),
    sendFeedback: async ({ requestId, score }) => void router.feedback.push({ requestId, score }),
    hooks: { refreshFeeds: () => router.refreshFeeds() },
    ...(onProgress ? { onProgress } : {}),
  });

const newWorld = (): Promise<World> => startWorld({ seed: 7, clock: createFakeClock(), speed: Infinity });

describe('a run of the demo', () => {
  let world: World;
  let router: ToyRouter;
  let run: DemoRun;
  let score: Score;
  const progress: RunProgress[] = [];
  beforeAll(async () => {
    world = await newWorld();
    router = await startToyRouter(world);
    run = await runThrough(world, router, (step) => progress.push(step));
    score = scoreRun({ log: run, truth: world.truth, baseline, worthUsd: 0.08 });
  });
  afterAll(async () => {
    await router.close();
    await world.close();
  });

  it('sends every request once and fails none, since the router falls back', () => {
    expect(run.entries.map(({ index }) => index)).toEqual(Array.from({ length: REQUESTS }, (_, at) => at));
    expect(score.failures).toEqual([]);
    expect(score.fallbacks).toBeGreaterThan(0);
  });

  it('gives feedback on a share of the answers, with what the answer carried', () => {
    expect(run.feedbackFaults).toEqual([]);
    expect(router.feedback.length).toBe(score.judged);
    expect(score.judged / REQUESTS).toBeGreaterThan(0.4);
    const judged = run.entries.filter(({ reward }) => reward !== undefined);
    expect(new Set(judged.map(({ requestId }) => requestId))).toEqual(
      new Set(router.feedback.map(({ requestId }) => requestId)),
    );
  });

  it('lets one price fall, once the router has read it, and sees the first request move', () => {
    const { price_change: change } = score;
    expect(change).toMatchObject({
      at_request: 36,
      offer: 'nimbus:tidal/current-70b',
      factor: 0.2,
      requests_until_moved: 1,
    });
    expect(change?.share_before).toBeLessThan(0.1);
    expect(change?.share_after).toBeGreaterThan(0.9);
  });

  it('takes the busiest other provider down for a while, and brings it back', async () => {
    expect(score.outage).toMatchObject({ provider: 'harbor', from_request: 48, to_request: 60, failed: 0 });
    const harbor = world.providers.find(({ name }) => name === 'harbor');
    expect((await fetch(harbor?.modelsUrl ?? '')).status).toBe(200);
  });

  it('counts the dollars the servers billed, give or take the cached tokens the toy does not know of', () => {
    const billed = world
      .attempts()
      .filter(({ result }) => result === 'ok')
      .reduce((sum, { usd }) => sum + usd, 0);
    expect(score.spend_usd / billed).toBeGreaterThan(0.99);
    expect(score.spend_usd / billed).toBeLessThan(1.1);
  });

  it('knows what the same model at the same price would have cost: what it did cost', () => {
    const fixed = score.fixed.find(({ model }) => model === 'tidal/current-70b');
    expect(new Set(score.by_model.map(({ model }) => model))).toEqual(new Set(['tidal/current-70b']));
    expect(fixed?.quality).toBeCloseTo(score.quality, 9);
    expect(Math.abs((fixed?.spend_usd ?? 0) / score.spend_usd - 1)).toBeLessThan(0.1);
  });

  it('carries conversations on with what was answered', () => {
    const later = run.entries.filter(({ knownTurns }) => knownTurns > 0);
    expect(later.length).toBeGreaterThan(2);
    for (const { body } of later) expect(JSON.stringify(body)).toContain('"role":"assistant"');
  });

  it('reports as it goes', () => {
    expect(progress.map(({ done }) => done)).toEqual(Array.from({ length: REQUESTS }, (_, at) => at + 1));
    expect(progress.some(({ news }) => news === 'harbor is down')).toBe(true);
  });

  it('has the fields that are pinned', () => {
    expect(Object.keys(score)).toEqual(
      expect.arrayContaining([
        'requests',
        'failed',
        'fallbacks',
        'quality',
        'spend_usd',
        'baseline',
        'best_single',
        'random',
        'oracle',
      ]),
    );
    expect(Object.keys(score)).toEqual(expect.arrayContaining(['hull_quality', 'by_model', 'price_change', 'outage']));
    expect(JSON.parse(JSON.stringify(score))).toEqual(score);
  });
});

describe('a router that answers nothing', () => {
  it('is recorded as what it is', async () => {
    const world = await newWorld();
    const router = await startToyRouter(world, { broken: true });
    try {
      const run = await runThrough(world, router);
      const score = scoreRun({ log: run, truth: world.truth, baseline, worthUsd: 0.08 });
      expect(score).toMatchObject({ failed: REQUESTS, quality: 0, spend_usd: 0, fallbacks: 0, judged: 0 });
      expect(score.failures[0]).toMatchObject({ code: 'upstream_exhausted' });
      expect(score.price_change).toMatchObject({ requests_until_moved: null, share_after: 0 });
      expect(run.entries[0]).toMatchObject({ requestId: 'r0', result: { kind: 'failed', status: 502 } });
    } finally {
      await router.close();
      await world.close();
    }
  });
});
