import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { modelKey, offerKey } from '../../../src/core/offer.ts';
import { busiestProvider } from '../../../src/demo/incidents.ts';
import type { Entry } from '../../../src/demo/log.ts';
import { createProgress } from '../../../src/demo/progress.ts';
import { scoreRun } from '../../../src/demo/score.ts';
import { scoreText } from '../../../src/demo/tables.ts';
import { createTruth } from '../../../src/demo/truth.ts';

const entry = (index: number, provider: string): Entry => ({
  index,
  subject: { id: `s${index}`, task: 'chat', difficulty: 0.4 },
  body: { model: 'auto', messages: [{ role: 'user', content: `Question ${index}` }] },
  knownTurns: 0,
  stream: false,
  attempts: 1,
  spendUsd: 0.001,
  result: { kind: 'answered', offer: offerKey(provider, modelKey('tidal/current-70b')) },
});

const screenOf = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, screen: { isTTY, columns: 80, write: (text: string) => void written.push(text) } };
};

const step = (done: number) => ({
  done,
  requests: 40,
  failed: 0,
  fallbacks: 2,
  spendUsd: 0.1234,
  latest: entry(done, 'harbor'),
});

describe('the progress line', () => {
  it('moves on a terminal and fits it', () => {
    const { written, screen } = screenOf(true);
    const progress = createProgress(screen);
    progress.update({
      ...step(20),
      news: 'nimbus:tidal/current-70b costs a fifth, which is a long piece of news for one line',
    });
    progress.close();
    const plain = stripVTControlCharacters(written[0] ?? '');
    expect(plain).toContain('20/40');
    expect(plain.replace('\r', '').length).toBeLessThan(80);
    expect(written.at(-1)).toBe('\n');
  });

  it('is a plain line every tenth elsewhere', () => {
    const { written, screen } = screenOf(false);
    const progress = createProgress(screen);
    for (let done = 1; done <= 40; done++) progress.update(step(done));
    progress.close();
    expect(written).toHaveLength(10);
    expect(written[0]).toBe(' 10 %  4/40 · spent $0.1234 · 2 fallbacks · 0 failed\n');
  });
});

describe('the tables', () => {
  const truth = createTruth(1);
  const failedEntry: Entry = {
    ...entry(9, 'harbor'),
    result: { kind: 'failed', code: 'upstream_exhausted', message: 'x'.repeat(200) },
  };
  const log = {
    entries: [...Array.from({ length: 9 }, (_, at) => entry(at, at < 5 ? 'harbor' : 'nimbus')), failedEntry],
    priceChange: { atRequest: 4, offer: offerKey('nimbus', modelKey('tidal/current-70b')), factor: 0.2 },
    outage: { provider: 'harbor', fromRequest: 6, toRequest: 8 },
  };
  const score = scoreRun({ log, truth, baseline: modelKey('quarry/granite-large'), worthUsd: 0.08 });

  it('fit into a hundred columns and say what happened', () => {
    const text = scoreText(score);
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(text).toContain('10 requests, 1 failed');
    expect(text).toContain('request 2 after it was the first to go there');
    expect(text).toContain('harbor was down for requests 6 to 7');
  });

  it('count an unanswered request as no quality, and shares before and after', () => {
    const mean = log.entries
      .slice(0, 9)
      .reduce((sum, { subject }) => sum + truth.quality(modelKey('tidal/current-70b'), subject), 0);
    expect(score.quality).toBeCloseTo(mean / 10, 9);
    expect(score.price_change).toMatchObject({
      share_before: 0,
      share_after: 4 / 6,
      requests_until_moved: 2,
      any_request_until_moved: 2,
      same_model_elsewhere_after: 1,
    });
  });

  it('take the price in force for what could have been', () => {
    const dear = scoreRun({
      log: { entries: log.entries },
      truth,
      baseline: modelKey('quarry/granite-large'),
      worthUsd: 0.08,
    });
    const fixedOf = (from: typeof score): number =>
      from.fixed.find(({ model }) => model === 'tidal/current-70b')?.spend_usd ?? 0;
    expect(fixedOf(score)).toBeLessThan(fixedOf(dear));
    expect(score.baseline.spend_usd).toBe(dear.baseline.spend_usd);
  });
});

describe('the outage', () => {
  it('hits who answers most lately, but never the offer whose price fell', () => {
    const entries = [...Array(20).fill('lumen'), ...Array(4).fill('harbor'), ...Array(6).fill('nimbus')].map(
      (name, at) => entry(at, name),
    );
    expect(busiestProvider(entries, ['quarry', 'lumen', 'harbor', 'nimbus'])).toBe('harbor');
    expect(busiestProvider([], ['quarry', 'lumen'])).toBe('quarry');
  });
});
