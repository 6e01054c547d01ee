import { describe, expect, it } from 'vitest';
import { createGroupCommit } from '../../../src/ledger/group-commit.ts';
import type { Rows } from '../../../src/ledger/rows.ts';
import { said, wholeRequest } from '../../support/ledger.ts';

/** A disk that finishes a commit when it is told to. */
const slowDisk = () => {
  const commits: { rows: Rows; done: PromiseWithResolvers<void> }[] = [];
  const commit = (rows: Rows): Promise<void> => {
    const done = Promise.withResolvers<void>();
    commits.push({ rows, done });
    return done.promise;
  };
  const began = async (count: number): Promise<void> => {
    while (commits.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { commits, commit, began };
};

const feedbackOf = (rows: Rows | undefined): string[] => rows?.feedback.map((row) => row.request_id) ?? [];

describe('group commit', () => {
  it('writes what has gathered in one commit, and what comes meanwhile in the next, in order', async () => {
    const disk = slowDisk();
    const group = createGroupCommit({ commit: disk.commit });
    const first = [group.append([said('a'), said('b')]), group.append([said('c')])];
    await disk.began(1);
    const second = [group.append([said('d')]), group.append([said('e')])];
    expect(disk.commits).toHaveLength(1);
    disk.commits[0]?.done.resolve();
    await Promise.all(first);
    await disk.began(2);
    disk.commits[1]?.done.resolve();
    await Promise.all(second);
    expect(disk.commits.map(({ rows }) => feedbackOf(rows))).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });

  it('acknowledges nothing before its commit is done', async () => {
    const disk = slowDisk();
    const group = createGroupCommit({ commit: disk.commit });
    let acknowledged = false;
    const append = group.append([said('a')]).then(() => {
      acknowledged = true;
    });
    await disk.began(1);
    expect(acknowledged).toBe(false);
    disk.commits[0]?.done.resolve();
    await append;
    expect(acknowledged).toBe(true);
  });

  it('refuses at once when too much is waiting, and accepts again when it has drained', async () => {
    const disk = slowDisk();
    const group = createGroupCommit({ commit: disk.commit, maxPending: 5 });
    const held = group.append(wholeRequest('a'));
    await disk.began(1);
    const alsoHeld = group.append([said('b')]);
    await expect(group.append([said('c'), said('d')])).rejects.toMatchObject({ code: 'ledger_unavailable' });
    disk.commits[0]?.done.resolve();
    await held;
    await disk.began(2);
    disk.commits[1]?.done.resolve();
    await alsoHeld;
    const third = group.append(wholeRequest('e'));
    await disk.began(3);
    disk.commits[2]?.done.resolve();
    await expect(third).resolves.toBeUndefined();
  });

  it('is poisoned by one failed commit: the batch, what waited and what comes later are refused', async () => {
    const disk = slowDisk();
    const group = createGroupCommit({ commit: disk.commit });
    const failing = group.append([said('a')]);
    await disk.began(1);
    const waiting = group.append([said('b')]);
    disk.commits[0]?.done.reject(new Error('disk full'));
    const results = await Promise.allSettled([failing, waiting]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    await expect(group.append([said('c')])).rejects.toMatchObject({ code: 'ledger_unavailable' });
    expect(disk.commits).toHaveLength(1);
    await group.close();
  });
});
