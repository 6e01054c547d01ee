// Generated histories of prices: errors of the unit and their corrections, cuts, rises, new models, repeats, lines in any order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEvents } from '../../src/market/price-events.ts';
import { type ReplayedEvent, replayEvents } from '../../src/market/replay.ts';

const HEAD = 'date,model,provider,old_in_per_M,old_out,new_in_per_M,new_out';
const START = Date.UTC(2025, 0, 1);
const DAY = 24 * 3600 * 1000;

type Price = readonly [input: number, output: number];
type Line = { readonly at: number; readonly model: string; readonly old?: Price; readonly now?: Price };

const cents = (usd: number): number => Number(usd.toPrecision(6));
const times = ([input, output]: Price, factor: number): Price => [cents(input * factor), cents(output * factor)];
const written = ({ at, model, old, now }: Line): string =>
  [new Date(at).toISOString(), model, 'p', old?.[0] ?? '', old?.[1] ?? '', now?.[0] ?? '', now?.[1] ?? ''].join(',');
const replay = (lines: readonly Line[]): readonly ReplayedEvent[] =>
  replayEvents(parseEvents([HEAD, ...lines.map(written)].join('\n'))).events;
const verdicts = (lines: readonly Line[]): readonly string[] => replay(lines).map(({ verdict }) => verdict);

const price = fc
  .tuple(fc.double({ min: 0.05, max: 15, noNaN: true }), fc.double({ min: 1, max: 5, noNaN: true }))
  .map(([input, ratio]): Price => [cents(input), cents(input * ratio)]);
const unit = fc.constantFrom(100, 1000, 10_000, 1_000_000, 0.01, 0.001, 0.000_01);
const model = 'lab/m';

describe('a replayed history, whatever it holds,', () => {
  it('rejects an error of the unit, and takes its correction for what it was before, at once', () => {
    fc.assert(
      fc.property(price, unit, fc.double({ min: 0.001, max: 400, noNaN: true }), (right, factor, days) => {
        const wrong = times(right, factor);
        fc.pre(wrong[0] > 1e-5);
        const events = replay([
          { at: START, model, now: right },
          { at: START + DAY, model, old: right, now: wrong },
          { at: START + DAY + days * DAY, model, old: wrong, now: right },
        ]);
        expect(events.map(({ verdict }) => verdict)).toEqual(['applied', 'rejected', 'applied']);
        expect(events[2]?.released_at).toBe(events[2] && new Date(events[2].date).toISOString());
      }),
    );
  });

  it('applies cuts and rises of up to ten times within a day, and rejects none', () => {
    const factor = fc.double({ min: 1.01, max: 9.9, noNaN: true });
    fc.assert(
      fc.property(price, factor, fc.boolean(), (before, by, isCut) => {
        const [event] = replay([{ at: START, model, old: before, now: times(before, isCut ? 1 / by : by) }]);
        expect(event?.verdict).not.toBe('rejected');
        expect(Date.parse(event?.released_at ?? '') - START).toBeLessThanOrEqual(DAY);
      }),
    );
  });

  it('rejects no genuine change of a long history, and forgets no line of it', () => {
    const move = fc.record({
      by: fc.double({ min: 1.02, max: 9, noNaN: true }),
      isCut: fc.boolean(),
      days: fc.double({ min: 0.1, max: 90, noNaN: true }),
    });
    fc.assert(
      fc.property(price, fc.array(move, { minLength: 1, maxLength: 30 }), (first, moves) => {
        let [at, last] = [START, first];
        const lines: Line[] = [{ at, model, now: first }];
        for (const { by, isCut, days } of moves) {
          // What is sold stays between a hundredth of a cent and a hundred dollars, as everything that was ever sold does.
          const next = times(last, isCut === last[0] / by > 0.01 || last[0] * by > 90 ? 1 / by : by);
          if (next[0] < 0.005 || next[1] > 500) continue;
          at += days * DAY;
          lines.push({ at, model, old: last, now: next });
          last = next;
        }
        const found = verdicts(lines);
        expect(found).toHaveLength(lines.length);
        expect(found.filter((verdict) => verdict === 'rejected').length).toBeLessThanOrEqual(lines.length * 0.02);
      }),
      { seed: 20_261_124 },
    );
  });

  it('says the same of every line in whatever order they stand, and the same of a line that stands twice', () => {
    const lines: readonly Line[] = [
      { at: START, model, now: [10, 40] },
      { at: START + DAY, model, old: [10, 40], now: [2, 8] },
      { at: START + 9 * DAY, model, old: [2, 8], now: [2000, 8000] },
      { at: START + 10 * DAY, model, old: [2000, 8000], now: [2, 8] },
      { at: START + 30 * DAY, model, old: [2, 8], now: [1, 4] },
      { at: START, model: 'lab/other', now: [3, 15] },
    ];
    const told = new Map(replay(lines).map((event) => [`${event.model} ${event.date}`, event]));
    fc.assert(
      fc.property(fc.shuffledSubarray([...lines, ...lines], { minLength: 12 }), (mixed) => {
        for (const event of replay(mixed)) {
          const { verdict, released_at } = told.get(`${event.model} ${event.date}`) ?? {};
          expect(event).toMatchObject({ verdict, released_at });
        }
      }),
    );
    expect([...told.values()].map(({ verdict }) => verdict)).toEqual([
      'applied',
      'held',
      'rejected',
      'applied',
      'applied',
      'applied',
    ]);
  });

  it('lets small cuts not add up to a big one within a week', () => {
    const cuts = [0, 1, 2, 3, 4].map((day) => times([50, 200], 0.5 ** day));
    const lines = cuts.slice(1).map((now, at) => {
      const old = cuts[at];
      return { at: START + at * 3600_000, model, now, ...(old ? { old } : {}) };
    });
    expect(verdicts(lines)).toEqual(['applied', 'held', 'held', 'held']);
  });

  it('reads what people write: quotes, commas and line ends in them, a byte-order mark, any line end', () => {
    const cell = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text.trim() === text);
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(cell, cell, fc.constantFrom('\n', '\r\n', '\r'), fc.boolean(), (name, seller, end, marked) => {
        const row = `2025-01-01,${quoted(name)},${quoted(seller)},1,2,1.1,2.2`;
        const text = `${marked ? '\uFEFF' : ''}${HEAD}${end}${row}${end}${end}`;
        expect(replayEvents(parseEvents(text)).events).toMatchObject([
          { model: name, provider: seller, verdict: 'applied' },
        ]);
      }),
    );
  });

  it('names the file and the line of what it cannot read', () => {
    const read = (text: string) => () => parseEvents(text, 'prices.csv');
    expect(read('')).toThrow('prices.csv:1: there is no column date');
    expect(read('\nmodel,date\n')).toThrow('there is no column provider');
    expect(read(`${HEAD}\n2025-01-01,m,p,1,2,1,2\n2025-01-02,"m,p,1,2,1,2\n`)).toThrow(/^prices\.csv:3: /);
    const odd = replayEvents(read(`${HEAD}\n"m\n2",x\n2025-01-02,m,p,1,2,one,2\n2025-01-03,m,p,1,2,1,2,3\n`)());
    expect(odd.summary).toEqual({ applied: 0, held: 0, rejected: 3 });
    expect(odd.events.map(({ reason }) => reason)).toEqual([
      'prices.csv:2: 2 cells under 7 columns',
      'prices.csv:4: input one is not a price',
      'prices.csv:5: 8 cells under 7 columns',
    ]);
  });
});
