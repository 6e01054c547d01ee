// What every ledger gives back of signals: each apart, with what it was taken for, and calls of our own apart from requests.
import { describe, expect, it } from 'vitest';
import type { Lesson } from '../../src/core/ledger.ts';
import type { OpenedLedger } from '../../src/ledger/recover.ts';
import { outcomeOf, said, START_MS, wholeRequest } from '../support/ledger.ts';

type OpenLedger = (place: string) => Promise<OpenedLedger>;

const lessonsOf = async (ledger: OpenedLedger): Promise<ReadonlyMap<string, Lesson>> => {
  const found = new Map<string, Lesson>();
  for await (const page of ledger.lessons()) for (const lesson of page) found.set(lesson.requestId, lesson);
  return found;
};
const shown = (source: string, score: number) => ({ source, score, at: START_MS });

export const signalsContract = (open: OpenLedger): void => {
  describe('signals', () => {
    it('of structure are a shift where nobody judged, and with a judgement beside them they are told together', async () => {
      const ledger = await open('signals-shift');
      const signals = [shown('@finish', 1), shown('@schema', 0)];
      await ledger.append(wholeRequest('alone', { outcome: { signals, caller: 'key-1' } }));
      await ledger.append(wholeRequest('judged', { outcome: { signals, caller: 'key-1' } }));
      await ledger.append([said('judged', { score: 0.9 })]);
      await ledger.append(wholeRequest('plain'));
      const lessons = await lessonsOf(ledger);
      expect(lessons.get('alone')).toMatchObject({ shift: -0.7, caller: 'key-1' });
      expect(lessons.get('alone')).not.toHaveProperty('reward');
      expect(lessons.get('judged')).toMatchObject({
        reward: 0.9,
        signals: [...signals, { source: 'user', score: 0.9 }],
      });
      expect(lessons.get('judged')).not.toHaveProperty('shift');
      expect(lessons.get('plain')).not.toHaveProperty('shift');
      expect((await ledger.request('alone'))?.outcome).toEqual(outcomeOf('alone', { signals, caller: 'key-1' }));
      await ledger.close();
    });

    it('count for what they were taken for; reports go by scores as they were given, without structure', async () => {
      const ledger = await open('signals-taken');
      await ledger.append(wholeRequest('a'));
      await ledger.append([
        said('a', { source: '@judge', score: 1, taken: { value: 0.4 } }),
        said('a', { source: '@repeat', score: 0 }),
      ]);
      expect((await lessonsOf(ledger)).get('a')?.reward).toBeCloseTo(0.4);
      const [row] = await ledger.spend({ from: 0, to: START_MS + 1 }, 'policy');
      expect(row).toMatchObject({ quality: 1, judged: 1 });
      await ledger.close();
    });

    it('of judges cost money and are no requests, no lessons and no traffic', async () => {
      const ledger = await open('signals-overhead');
      await ledger.append(wholeRequest('a'));
      await ledger.append(wholeRequest('j', { decision: { reason: 'judge', policy: '(judge auto)' } }));
      const rows = await ledger.spend({ from: 0, to: START_MS + 1 }, 'policy');
      const judge = rows.find(({ key }) => key === '(judge auto)');
      expect(judge).toMatchObject({ requests: 0, cost: 1_000, overheadCost: 1_000 });
      expect(await ledger.spend({ from: 0, to: START_MS + 1, reason: 'judge' }, 'policy')).toHaveLength(1);
      expect([...(await lessonsOf(ledger)).keys()]).toEqual(['a']);
      for await (const page of ledger.traffic.decisions({ from: 0, to: START_MS + 1 }))
        expect(page.map(({ requestId }) => requestId)).toEqual(['a']);
      await ledger.close();
    });
  });
};
