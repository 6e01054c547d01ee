import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from '../../../src/reports/csv.ts';

/** A reader by the letter of RFC 4180. */
const readCsv = (text: string): string[][] => {
  const rows: string[][] = [];
  let [row, cell, quoted]: [string[], string, boolean] = [[], '', false];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (quoted && sign === '"' && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (sign === '"') quoted = !quoted;
    else if (quoted) cell += sign;
    else if (sign === ',') [row, cell] = [[...row, cell], ''];
    else if (sign === '\r' && text[at + 1] === '\n') {
      rows.push([...row, cell]);
      [row, cell] = [[], ''];
      at += 1;
    } else cell += sign;
  }
  return rows;
};

describe('CSV', () => {
  it('quotes commas, quotes and line breaks, and ends every line in CRLF', () => {
    expect(
      toCsv(
        ['a', 'b'],
        [
          ['x,y', 'say "hi"\nthere'],
          ['plain', 1.5],
        ],
      ),
    ).toBe('a,b\r\n"x,y","say ""hi""\nthere"\r\nplain,1.5\r\n');
  });

  it('never lets a text be taken for a formula, and leaves negative numbers alone', () => {
    const cells = ['=1+1', '+cmd', '-2', '@sum', '\t=x', '  =hidden', -2];
    expect(
      readCsv(
        toCsv(
          ['h'],
          cells.map((cell) => [cell]),
        ),
      ).slice(1),
    ).toEqual([["'=1+1"], ["'+cmd"], ["'-2"], ["'@sum"], ["'\t=x"], ["'  =hidden"], ['-2']]);
  });

  it('writes nothing for what is not there', () => {
    expect(toCsv(['a', 'b', 'c', 'd'], [[null, undefined, Number.NaN]])).toBe('a,b,c,d\r\n,,,\r\n');
  });

  it('comes back as it was from any reader of the format', () => {
    const nasty = string({ unit: constantFrom(...Array.from('ab,";|\r\n\t =+-@’é😀')), maxLength: 12 });
    assert(
      property(array(array(nasty, { minLength: 3, maxLength: 3 }), { maxLength: 5 }), (rows) => {
        const safe = rows.map((row) => row.map((cell) => (/^\s*[=+\-@]|^[\t\r]/.test(cell) ? `'${cell}` : cell)));
        expect(readCsv(toCsv(['a', 'b', 'c'], rows)).slice(1)).toEqual(safe);
      }),
    );
  });
});
