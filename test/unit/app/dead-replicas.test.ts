import { describe, expect, it } from 'vitest';
import { watchDeadReplicas } from '../../../src/app/dead-replicas.ts';
import { createFakeClock } from '../../support/clock.ts';

const settleDown = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

const setUp = (members: readonly string[], { leads = true }: { leads?: boolean } = {}) => {
  const clock = createFakeClock();
  const gone = new Set<string>();
  const recounts: (readonly string[])[] = [];
  const watch = watchDeadReplicas({
    shared: {
      lease: async () => leads,
      members: async () => members,
      recount: async (names) => void recounts.push(names),
    },
    ledger: { isGone: async (writer) => gone.has(writer) },
    clock,
    say: () => undefined,
    replica: '1/a',
  });
  const look = async (): Promise<void> => {
    clock.advance(10_000);
    await settleDown();
  };
  return { gone, recounts, look, watch };
};

describe('replicas that died', () => {
  it('are counted out when they are found gone twice in a row, and not for a connection that broke once', async () => {
    const { gone, recounts, look, watch } = setUp(['1/a', '2/b', '3/c']);
    gone.add('2').add('3').add('1');
    await look();
    gone.delete('3');
    await look();
    expect(recounts).toEqual([['2/b']]);
    await watch.close();
  });

  it('are looked for by one of the living', async () => {
    const { gone, recounts, look, watch } = setUp(['1/a', '2/b'], { leads: false });
    gone.add('2');
    await look();
    await look();
    expect(recounts).toEqual([]);
    await watch.close();
  });
});
