// How rows become CSV (RFC 4180) that a spreadsheet can open without running anything.

export type Cell = string | number | boolean | null | undefined;

/** A spreadsheet takes text that begins with one of these, after any space, for a formula. */
const FORMULA = /^\s*[=+\-@]|^[\t\r]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/** Numbers are written as they are, also negative ones; only text can carry a formula. An infinite number has no CSV: empty. */
const cellText = (cell: Cell): string => {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = String(cell);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Lines end in CRLF, the last one too; every row has as many cells as the header. */
export const toCsv = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [header, ...rows].map((row) => `${header.map((_, index) => cellText(row[index])).join(',')}\r\n`).join('');
