import { describe, expect, it } from 'vitest';
import { nanoUsd } from '../../../src/core/money.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { buildServer } from '../../support/http-server.ts';
import { attemptOf, fullDecision, keyOf, outcomeOf } from '../../support/ledger.ts';

const known = {
  policy: (name: string) => name === 'support',
  provider: (name: string) => name === 'lumen',
  offer: (key: string) => key === 'lumen:lumen/spark',
};
const decision = fullDecision('r1', { policy: 'support' });

const seriesIn = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('metrics', () => {
  it('say what this process has to do without, as every answer does', async () => {
    const lacking: string[] = [];
    const metrics = createMetrics({ known, process: false, degraded: () => lacking });
    const { app } = buildServer({ degraded: () => lacking });
    expect(await metrics.registry.metrics()).toContain('bourse_degraded{part="store"} 0');
    expect((await app.inject('/health/live')).headers).not.toHaveProperty('x-bourse-degraded');
    lacking.push('store', 'ledger');
    expect(await metrics.registry.metrics()).toContain('bourse_degraded{part="store"} 1');
    expect((await app.inject('/health/live')).headers['x-bourse-degraded']).toBe('store, ledger');
  });

  it('count a decision, its attempts, its dollars and its fallback', async () => {
    const metrics = createMetrics({ known, process: false });
    metrics.decided(decision);
    metrics.settled(
      outcomeOf('r1', {
        attempts: [
          attemptOf('r1', { result: 'rate_limited', cost: nanoUsd(0) }),
          attemptOf('r1', { offer: keyOf('orion:orion/titan'), cost: nanoUsd(2_000_000) }),
        ],
        baselineCost: nanoUsd(9_000_000),
        firstTokenMs: 200,
      }),
      decision,
    );
    const text = await metrics.registry.metrics();
    expect(text).toContain('bourse_decisions_total{policy="support",reason="objective"} 1');
    expect(text).toContain('bourse_attempts_total{provider="lumen",result="rate_limited"} 1');
    expect(text).toContain('bourse_attempts_total{provider="other",result="ok"} 1');
    expect(text).toContain('bourse_cost_usd_total{policy="support",provider="other",status="exact"} 0.002');
    expect(text).toContain('bourse_baseline_usd_total{policy="support"} 0.009');
    expect(text).toContain('bourse_fallbacks_total{policy="support"} 1');
    expect(text).toContain('bourse_first_token_seconds_sum{policy="support",provider="other"} 0.2');
    expect(text).toContain('bourse_exchange_rate_usd{policy="support"} 0.02');
  });

  it('do not grow with what callers make up', async () => {
    const metrics = createMetrics({ known, process: false });
    const story = (made: number): void => {
      const offer = keyOf(`p${made}:a/m${made}`);
      const own = fullDecision(`r${made}`, { policy: `policy-${made}` });
      metrics.decided(own);
      metrics.settled(outcomeOf(`r${made}`, { offer, attempts: [attemptOf(`r${made}`, { offer })] }), own);
      metrics.refused(`code-${made}`);
    };
    story(0);
    const before = seriesIn(await metrics.registry.metrics()).length;
    for (let made = 1; made < 1_000; made += 1) story(made);
    expect(seriesIn(await metrics.registry.metrics())).toHaveLength(before);
  });

  it('do not grow with requests for models that do not exist', async () => {
    const { app } = buildServer();
    const size = async () => seriesIn((await app.inject('/metrics')).body).length;
    const ask = (made: number) =>
      app.inject({
        method: 'POST',
        url: '/v1/chat/completions',
        headers: { 'x-request-id': `id-${made}` },
        payload: { model: `junk/${made}`, user: `u${made}`, messages: [{ role: 'user', content: 'hi' }] },
      });
    await ask(0);
    const before = await size();
    for (let made = 1; made < 100; made += 1) await ask(made);
    expect(await size()).toBe(before);
  });

  it('are served as Prometheus reads them, the process’s own among them', async () => {
    const metrics = createMetrics({ known });
    const operations = {
      ready: () => ({ ready: true, reasons: [] }),
      metrics,
      version: '0',
      log: { level: 'silent' as const },
    };
    const { app } = buildServer({ deps: { operations } });
    await app.inject('/nowhere');
    const { body, headers } = await app.inject('/metrics');
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    expect(body).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(body).toContain('bourse_errors_total{code="unknown_url"} 1');
  });
});
