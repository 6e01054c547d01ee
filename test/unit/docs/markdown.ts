// How the tests of the docs read a page: its tables, row by row, and its sections.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

export const pageAt = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** What stands under a heading of any level, up to the next one. */
export const section = (page: string, title: string): string => {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === title);
  if (from < 0) throw new Error(`the page has no heading "${title}"`);
  const rest = lines.slice(from + 1);
  const to = rest.findIndex((line) => /^#+ /.test(line));
  return rest.slice(0, to < 0 ? undefined : to).join('\n');
};

/** Cells of every row of the tables in a text, headings and rules left out. */
export const rowsOf = (text: string): readonly (readonly string[])[] => {
  const lines = text.split('\n');
  return lines
    .filter((line, at) => line.startsWith('| ') && !(lines[at + 1] ?? '').startsWith('|--'))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim()),
    );
};

/** The first cells, without their code marks. */
export const namesIn = (text: string): readonly string[] =>
  rowsOf(text).map(([first = '']) => first.replaceAll('`', ''));
