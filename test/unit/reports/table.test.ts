import { describe, expect, it } from 'vitest';
import { textTable } from '../../../src/reports/table.ts';

describe('a text table', () => {
  it('has columns as wide as their widest cell, numbers to the right', () => {
    const table = textTable(
      [{ title: 'model' }, { title: 'cost', align: 'right' }],
      [
        ['lumen/spark', '$1'],
        ['o/t', '$12.50'],
      ],
    );
    expect(table).toBe(
      ['model          cost', '───────────────────', 'lumen/spark      $1', 'o/t          $12.50'].join('\n'),
    );
  });

  it('keeps a cell on its line and away from the terminal’s controls', () => {
    expect(textTable([{ title: 'a' }], [['one\ntwo\u001B[31m']]).split('\n')[2]).toBe('one two [31m');
  });
});
