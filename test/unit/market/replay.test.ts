import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseEvents } from '../../../src/market/price-events.ts';
import { replayEvents } from '../../../src/market/replay.ts';

const HEAD = 'date,model,provider,old_in_per_M,old_out,new_in_per_M,new_out';
const replay = (...lines: string[]) => replayEvents(parseEvents([HEAD, ...lines].join('\n')));

describe('a replayed history', () => {
  it.each([
    ['a new model', '2025-07-19T00:00:00Z,m,p,,,0.2,2', 'applied', '2025-07-19T00:00:00.000Z'],
    ['a small cut', '2025-07-19,m,p,3,15,2,10', 'applied', '2025-07-19T00:00:00.000Z'],
    ['the cut of o3', '2025-06-11T00:35:23+00:00,o3,openai,10,40,2,8', 'held', '2025-06-11T12:35:23.000Z'],
    ['an order of magnitude', '2025-10-07,m,p,3,15,33,16.5', 'held', null],
    ['a unit error', '2025-09-23,m,wandb,0.71,0.71,71000,71000', 'rejected', null],
    ['a new model with a unit error', '2025-09-23,m,wandb,,,71000,71000', 'rejected', null],
    ['the correction of one', '2026-01-13,m,novita,560,560,0.07,0.07', 'rejected', null],
    ['a price that is withdrawn', '2026-01-13,m,p,1,2,,', 'rejected', null],
    ['a negative price', '2026-01-13,m,p,1,2,-1,-1', 'rejected', null],
    ['a price in words', '2026-01-13,m,p,1,2,ask,2', 'rejected', null],
    ['no date', 'yesterday,m,p,1,2,1,2', 'rejected', null],
  ])('judges %s', (_what, line, verdict, releasedAt) => {
    const { events, summary } = replay(line);
    expect(events).toMatchObject([{ verdict, released_at: releasedAt }]);
    expect(summary).toEqual({ applied: 0, held: 0, rejected: 0, [verdict]: 1 });
  });

  it('does not release a hold that the next change overtakes, and takes the return to the price before for no change', () => {
    const { events } = replay(
      '2025-06-11T00:00:00Z,m,p,10,40,2,8',
      '2025-06-11T06:00:00Z,m,p,2,8,10,40',
      '2025-06-11T07:00:00Z,m,q,10,40,2,8',
    );
    expect(events.map((event) => event.released_at)).toEqual([
      null,
      '2025-06-11T06:00:00.000Z',
      '2025-06-11T19:00:00.000Z',
    ]);
  });

  it('reads columns by their names, in any order, with others between them', () => {
    const csv =
      'provider,model,date,note,old_in_per_M,old_out,old_cache_read,new_in,new_out\np,"a,b",2026-01-01,"x ""y""",1,2,,1.1,2.2';
    expect(replayEvents(parseEvents(csv)).events).toMatchObject([
      { model: 'a,b', provider: 'p', verdict: 'applied', reason: '1.1×' },
    ]);
    expect(() => parseEvents('date,model\n1,2')).toThrow('there is no column provider');
  });
});

const HISTORY = '/work/shared/data/history/litellm-price-changes.csv';
describe('eighteen months of a real feed', () => {
  it.skipIf(!existsSync(HISTORY))('rejects every step of a hundred times, and nothing else', () => {
    const events = parseEvents(readFileSync(HISTORY, 'utf8'));
    const { events: judged, summary } = replayEvents(events);
    const step = (index: number) => {
      const price = (rates: (typeof events)[number]['before'], meter: string) =>
        rates?.find((rate) => rate.meter === meter)?.price ?? 0;
      return Math.max(
        ...['input', 'output'].map((meter) => {
          const [old, now] = [price(events[index]?.before, meter), price(events[index]?.after, meter)];
          return old > 0 && now > 0 ? Math.max(old, now) / Math.min(old, now) : 1;
        }),
      );
    };
    const errors = judged.filter((_event, index) => step(index) >= 100);
    expect(errors).toHaveLength(111);
    expect(errors.filter((event) => event.verdict !== 'rejected')).toEqual([]);
    expect(summary).toEqual({ applied: 244, held: 55, rejected: 111 });
  });
});
