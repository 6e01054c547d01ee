import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spoolPath } from '../../../src/ledger/spool-file.ts';
import { takeSlot } from '../../../src/ledger/spool-slot.ts';

describe('slots of a spool', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bourse-slots-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are never shared, and free again when they are given back', async () => {
    const [first, second] = [await takeSlot(folder), await takeSlot(folder)];
    expect([first.folder, second.folder]).toEqual([join(folder, '0'), join(folder, '1')]);
    first.free();
    const third = await takeSlot(folder);
    expect(third.folder).toBe(join(folder, '0'));
    second.free();
    third.free();
  });

  it('with something left of a process that is gone are taken over first', async () => {
    const slots = [await takeSlot(folder), await takeSlot(folder), await takeSlot(folder)];
    writeFileSync(spoolPath(join(folder, '1'), 5), '');
    slots[0]?.free();
    slots[1]?.free();
    const heir = await takeSlot(folder);
    expect(heir.folder).toBe(join(folder, '1'));
    const next = await takeSlot(folder);
    expect(next.folder).toBe(join(folder, '0'));
    for (const slot of [heir, next, slots[2]]) slot?.free();
  });
});
