// How rows look in a terminal: columns as wide as their widest cell, numbers to the right.

export type Column = { readonly title: string; readonly align?: 'left' | 'right' };

/** Characters that take no column of their own; close enough for model names and amounts. */
const widthOf = (text: string): number => Array.from(text.replace(/\p{Mn}/gu, '')).length;

/** Line breaks in a cell would break the table; control characters would reach the terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

/** Lines without a trailing newline; a row that is too short has empty cells. */
export const textTable = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const cells = [columns.map((column) => column.title), ...rows].map((row) =>
    columns.map((_, index) => printable(row[index] ?? '')),
  );
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => widthOf(row[index] ?? ''))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => {
        const space = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
        return columns[index]?.align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = cells;
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [line(head), rule, ...body.map(line)].join('\n');
};
