// Probes end to end: a seller that becomes slow is left, and found again by calls of our own that stay within their budget.
import { describe, expect, it, vi } from 'vitest';
import { says } from '../support/answers.ts';
import { type Bourse, startBourse } from '../support/bourse.ts';
import { createShiftedClock } from '../support/clock.ts';
import type { Script, Seen } from '../support/upstream.ts';

const MODEL = 'tidal/current-70b';
const NEVER = '0 0 1 1 *';
const MINUTE = 60_000;

const isProbe = ({ body }: Seen): boolean => body.includes('numbers from one to forty');
const text = 'one two three four five six seven';
const answers =
  (output = 30) =>
  (seen: Seen): Script => {
    const said = says('chat', { text, output });
    return typeof said === 'function' ? said(seen) : said;
  };
/** Takes its time on the router's clock, so that nobody has to wait for it. */
const after =
  (clock: { advance(ms: number): void }, ms: number) =>
  (seen: Seen): Script => {
    clock.advance(ms);
    return answers()(seen);
  };

type Extra = {
  readonly probes?: object | string;
  readonly objective?: string;
  readonly dear?: readonly [number, number];
  readonly clock?: ReturnType<typeof createShiftedClock>;
};
const open = (extra: Extra) =>
  startBourse({
    sellers: [
      { name: 'swift', dialect: 'chat', sells: [{ model: MODEL, price: [1, 2] }] },
      { name: 'steady', dialect: 'chat', sells: [{ model: MODEL, price: extra.dear ?? [1, 2] }] },
    ],
    policies: { auto: { objective: extra.objective ?? 'fastest' } },
    config: { probes: extra.probes ?? { spend: '$0.50/day', share: '100%', schedule: NEVER } },
    world: { clock: extra.clock ?? createShiftedClock() },
  });

const ask = async (bourse: Bourse, model = 'auto'): Promise<string> => {
  const { data, response } = await bourse.openai.chat.completions
    .create({ model, messages: [{ role: 'user', content: 'Where is my parcel?' }], stream: true })
    .withResponse();
  for await (const _chunk of data);
  return response.headers.get('x-bourse-provider') ?? '';
};
const askMany = async (bourse: Bourse, count: number, model?: string): Promise<readonly string[]> => {
  const served: string[] = [];
  for (let call = 0; call < count; call += 1) served.push(await ask(bourse, model));
  return served;
};
const probesAt = (bourse: Bourse, seller: string): number => bourse.upstream(seller).seen.filter(isProbe).length;

describe('a seller that becomes slow', () => {
  it('is left by who wants speed, asked by probes alone while it is slow, and back soon after it is fast again', async () => {
    const clock = createShiftedClock();
    await using bourse = await open({ clock });
    bourse.upstream('swift').play(after(clock, 100));
    bourse.upstream('steady').play(after(clock, 600));
    await askMany(bourse, 8, `swift:${MODEL}`);
    await askMany(bourse, 8, `steady:${MODEL}`);
    expect(await ask(bourse)).toBe('swift');

    bourse.upstream('swift').play(after(clock, 4_000));
    expect((await askMany(bourse, 3)).at(-1)).toBe('steady');

    const minute = async (): Promise<string> => {
      clock.advance(MINUTE);
      const served = await ask(bourse);
      await bourse.app.probing.run();
      return served;
    };
    // A good name is lost in a few calls, not in one; then nobody is sent there while it is slow.
    const settling: string[] = [];
    while (settling.slice(-5).join() !== Array(5).fill('steady').join() && settling.length < 30)
      settling.push(await minute());
    expect(settling.filter((served) => served === 'swift').length).toBeLessThanOrEqual(8);
    const slow: string[] = [];
    for (let passed = 0; passed < 30; passed += 1) slow.push(await minute());
    expect(slow).toEqual(Array(30).fill('steady'));
    const slowProbes = probesAt(bourse, 'swift');
    expect(slowProbes).toBeGreaterThan(0);

    bourse.upstream('swift').play(after(clock, 100));
    let waited = 0;
    while ((await minute()) !== 'swift' && waited < 45) waited += 1;
    expect(waited).toBeLessThan(45);
    expect(probesAt(bourse, 'swift')).toBeGreaterThan(slowProbes);
    expect(probesAt(bourse, 'steady')).toBe(0);

    const probes = probesAt(bourse, 'swift');
    // The last answer is written down after it is given.
    const { rows } = await vi.waitFor(
      async () => {
        const report = await bourse.read('/v1/reports/spend?by=policy');
        const asked = bourse.upstream('swift').seen.length + bourse.upstream('steady').seen.length - probes;
        expect(report.total.requests).toBe(asked);
        return report;
      },
      { timeout: 10_000 },
    );
    const own = rows.find(({ key }: { key: string }) => key === '(probes)');
    expect(own).toMatchObject({ requests: 0, attempts: probes, overhead_usd: own.cost_usd });
    expect(own.cost_usd).toBeGreaterThan(0);
    expect(own.cost_usd).toBeLessThan(0.5);
    const saved = (await bourse.read('/v1/reports/savings?by=policy')).total;
    expect(saved).toMatchObject({
      requests: 4 + settling.length + slow.length + waited + 1,
      compared: 0,
      overhead_usd: own.cost_usd,
    });
    expect(saved.saved_usd).toBeCloseTo(-own.cost_usd, 12);
    const metrics = await (await bourse.get('/metrics')).text();
    expect(metrics).toContain(`bourse_probes_total{provider="swift",result="ok"} ${probes}`);
    expect(metrics).toMatch(/bourse_latency_age_seconds\{offer="swift:tidal\/current-70b"\} \d/);
    const [row] = (await bourse.read(`/v1/prices?model=${MODEL}&provider=swift`)).data;
    expect(row).toMatchObject({ latency_from: 'measured', uptime: 1, configured: true });
  });
});

describe('probes', () => {
  it('are none where they are off, where nobody asks, and where callers spend too little', async () => {
    for (const probes of ['off', { schedule: NEVER }]) {
      const clock = createShiftedClock();
      await using bourse = await open({ probes, clock });
      for (const name of ['swift', 'steady']) bourse.upstream(name).play(answers());
      await bourse.app.probing.run();
      await askMany(bourse, 2, `swift:${MODEL}`);
      await askMany(bourse, 2);
      clock.advance(20 * MINUTE);
      await bourse.app.probing.run();
      expect(probesAt(bourse, 'swift') + probesAt(bourse, 'steady')).toBe(0);
    }
  });

  it('are none for who asks for the cheapest: speed would change nothing', async () => {
    await using bourse = await open({ objective: 'cheapest', dear: [2, 4] });
    for (const name of ['swift', 'steady']) bourse.upstream(name).play(answers());
    await askMany(bourse, 3);
    await bourse.app.probing.run();
    expect(probesAt(bourse, 'swift') + probesAt(bourse, 'steady')).toBe(0);
  });

  it('stay within their day’s budget, a restart included', async () => {
    const clock = createShiftedClock();
    // A probe of some 40 + 16 tokens costs about $0.00008; the reservation before it about twice as much.
    await using bourse = await open({ probes: { spend: '$0.0005/day', share: '100%', schedule: NEVER }, clock });
    for (const name of ['swift', 'steady']) bourse.upstream(name).play(answers(16));
    await askMany(bourse, 20, `steady:${MODEL}`);
    await askMany(bourse, 1);
    const rounds = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round += 1) {
        clock.advance(2 * MINUTE);
        await bourse.app.probing.run();
      }
    };
    const costs = async (): Promise<number> =>
      (await bourse.read('/v1/reports/spend?by=policy')).rows.find(({ key }: { key: string }) => key === '(probes)')
        .cost_usd;
    await rounds(20);
    const before = await costs();
    const asked = probesAt(bourse, 'swift') + probesAt(bourse, 'steady');
    expect(asked).toBeGreaterThan(1);
    expect(before).toBeLessThanOrEqual(0.0005);
    await bourse.restart();
    await askMany(bourse, 1);
    await rounds(10);
    expect(await costs()).toBeLessThanOrEqual(0.0005);
    expect(probesAt(bourse, 'swift') + probesAt(bourse, 'steady') - asked).toBeLessThanOrEqual(1);
  });

  it('end for an offer whose probe cost more than ten times its estimate, a restart included', async () => {
    const clock = createShiftedClock();
    await using bourse = await open({ clock });
    bourse.upstream('steady').play(after(clock, 600));
    bourse.upstream('swift').play((seen) => answers(isProbe(seen) ? 5_000 : 30)(seen));
    await askMany(bourse, 3, `steady:${MODEL}`);
    const [first] = await askMany(bourse, 1);
    const other = first === 'swift' ? 'steady' : 'swift';
    expect(other).toBe('swift');
    const tenRounds = async (): Promise<void> => {
      for (let round = 0; round < 10; round += 1) {
        clock.advance(2 * MINUTE);
        await bourse.app.probing.run();
      }
    };
    await askMany(bourse, 20, `steady:${MODEL}`);
    await tenRounds();
    expect(probesAt(bourse, 'swift')).toBe(1);
    expect(bourse.said.join('\n')).toContain('asked no more for a week: a probe cost more than ten times its estimate');
    await bourse.restart();
    await askMany(bourse, 1);
    await tenRounds();
    expect(probesAt(bourse, 'swift')).toBe(1);
  });

  it('are no part of the health routes: those call nobody', async () => {
    await using bourse = await open({});
    for (let call = 0; call < 5; call += 1)
      for (const path of ['/health/live', '/health/ready']) expect((await bourse.get(path)).status).toBe(200);
    expect(bourse.upstream('swift').seen.length + bourse.upstream('steady').seen.length).toBe(0);
    expect(bourse.upstream('swift').accepted() + bourse.upstream('steady').accepted()).toBe(0);
  });
});
