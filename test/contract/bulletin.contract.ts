// What every bulletin board does, whatever it hangs on.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bulletin, Heard } from '../../src/core/bulletin.ts';

const WAIT = { timeout: 5_000, interval: 5 };

/** @param join a replica's place at one shared board, under the name given */
export const bulletinContract = (join: (replica: string) => Bulletin): void => {
  const replicas = new Map<string, { readonly board: Bulletin; readonly heard: Heard[]; readonly seen: string[] }>();
  const at = (name: string) => {
    const replica = replicas.get(name);
    if (!replica) throw new Error(`no replica ${name}`);
    return replica;
  };

  beforeAll(async () => {
    for (const name of ['a', 'b', 'c']) {
      const heard: Heard[] = [];
      const seen: string[] = [];
      const board = join(name);
      board.follow({
        joined: () => seen.push('joined'),
        notice: (notice) => heard.push(notice),
        missed: () => seen.push('missed'),
      });
      replicas.set(name, { board, heard, seen });
    }
    await vi.waitFor(() => {
      for (const { board } of replicas.values()) {
        board.post({ topic: 'alive', body: 'ready?' });
        expect(board.state.connected).toBe(true);
      }
      for (const { heard } of replicas.values()) expect(new Set(heard.map(({ from }) => from)).size).toBe(2);
    }, WAIT);
  });
  afterAll(async () => {
    await Promise.all([...replicas.values()].map(({ board }) => board.close()));
  });

  describe('a notice', () => {
    const bodies = (name: string, from: string): unknown[] =>
      at(name).heard.flatMap((heard) => (heard.topic === 'lesson' && heard.from === from ? [heard.body] : []));

    it('is heard by all others, in order and once, and never by its own replica', async () => {
      const sent = Array.from({ length: 1_500 }, (_, index) => index);
      for (const index of sent) {
        at('a').board.post({ topic: 'lesson', body: index });
        at('b').board.post({ topic: 'lesson', body: -1 - index });
      }
      await vi.waitFor(() => {
        expect(bodies('c', 'a')).toHaveLength(sent.length);
        expect(bodies('c', 'b')).toHaveLength(sent.length);
        expect(bodies('b', 'a')).toHaveLength(sent.length);
      }, WAIT);
      expect(bodies('c', 'a')).toEqual(sent);
      expect(bodies('c', 'b')).toEqual(sent.map((index) => -1 - index));
      expect(at('a').heard.filter(({ from }) => from === 'a')).toEqual([]);
      // What was posted before they came; nothing since.
      for (const { seen } of replicas.values()) expect(seen).toEqual(['joined', 'missed']);
    });

    it('arrives as the JSON it was, whatever is in it', async () => {
      const body = { text: 'ünï\n"quoted"', none: null, list: [1, { deep: true }] };
      at('c').board.post({ topic: 'offer', body });
      await vi.waitFor(() => {
        expect(at('a').heard.filter(({ topic }) => topic === 'offer')).toEqual([{ topic: 'offer', body, from: 'c' }]);
      }, WAIT);
    });
  });

  describe('a pin', () => {
    it('is found by whoever comes later, the last of its name only', async () => {
      expect(await at('b').board.pinned('prices')).toBeUndefined();
      await at('a').board.pin('prices', 'old');
      await at('a').board.pin('prices', 'new');
      expect(await at('b').board.pinned('prices')).toBe('new');
      const late = join('late');
      await vi.waitFor(async () => expect(await late.pinned('prices')).toBe('new'), WAIT);
      await late.close();
    });
  });
};
