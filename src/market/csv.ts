// Comma-separated text as people keep it: quotes with anything in them, a byte-order mark, whatever line ends; errors name the line.

export type CsvLine = { readonly cells: readonly string[]; readonly number: number };

/** The next cell, quoted or plain, with what ends it. A quoted one may hold commas, line ends and doubled quotes. */
const CELL = /(?:"((?:[^"]|"")*)"[ \t]*|([^,\r\n]*))(,|\r\n|\n|\r|$)/y;

/** @throws `file:line` when a quote is not closed, or text follows one that is */
export const csvLines = (
  csv: string,
  { file, most }: { readonly file: string; readonly most: number },
): readonly CsvLine[] => {
  const text = csv.replace(/^\uFEFF/, '');
  const cell = new RegExp(CELL);
  const lines: CsvLine[] = [];
  let cells: string[] = [];
  let number = 1;
  let startedAt = 1;
  while (cell.lastIndex < text.length) {
    const from = cell.lastIndex;
    const match = cell.exec(text);
    if (!match || (match[1] === undefined && match[2]?.trimStart().startsWith('"')))
      throw new TypeError(`${file}:${number}: a quote is not closed, or text stands beside it`);
    cells.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim());
    number += text.slice(from, cell.lastIndex).match(/\r\n|\n|\r/g)?.length ?? 0;
    if (match[3] === ',') continue;
    if (cells.some((each) => each !== '')) lines.push({ cells, number: startedAt });
    if (lines.length > most) throw new RangeError(`${file}:${number}: more than ${most} lines`);
    cells = [];
    startedAt = number;
  }
  // A comma at the very end leaves an empty last cell behind.
  if (cells.some((each) => each !== '')) lines.push({ cells: [...cells, ''], number: startedAt });
  return lines;
};
