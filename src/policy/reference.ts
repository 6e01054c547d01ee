// What is made from the schema for people and editors: policies/schema.json and the table in docs/policies.md.
import { readFile, writeFile } from 'node:fs/promises';
import { type Field, policyFields, policySchemaText } from './json-schema.ts';

const START = '<!-- fields: written by `bourse policies schema`, do not edit -->';
const END = '<!-- /fields -->';

/** Inside a rule most fields are the policy's own, with the same meaning: only its conditions get a row. */
const hasRow = ({ name }: Field): boolean => !name.startsWith('rules[].') || name.startsWith('rules[].when');

const takes = ({ node }: Field): string => {
  const inner = [node, ...(node.anyOf ?? [])];
  const words = inner.flatMap((each) => [...(each.enum ?? []), ...(each.const === undefined ? [] : [each.const])]);
  const shown = inner.flatMap((each) => each.examples ?? []);
  return [...words, ...shown].map((word) => `\`${String(word)}\``).join(', ');
};

const defaultOf = ({ node }: Field): string => {
  const value = node.default;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
};

const row = (field: Field): string =>
  `| \`${field.name}\` | ${takes(field)} | ${defaultOf(field)} | ${field.node.description ?? ''} |`;

const fieldTable = (): string =>
  ['| field | takes | default | what it means |', '|---|---|---|---|', ...policyFields().filter(hasRow).map(row)].join(
    '\n',
  );

/** The page with its table of fields made anew; everything outside the marks stays. */
export const withFieldTable = (page: string): string => {
  const [from, to] = [page.indexOf(START), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`the page has no marks ${START} … ${END}`);
  return `${page.slice(0, from)}${START}\n${fieldTable()}\n${page.slice(to)}`;
};

export type ReferenceFiles = {
  /** policies/schema.json */
  readonly schema: string;
  /** docs/policies.md; must exist, with its marks. */
  readonly page: string;
};

export const writeReference = async ({ schema, page }: ReferenceFiles): Promise<void> => {
  await writeFile(schema, policySchemaText());
  await writeFile(page, withFieldTable(await readFile(page, 'utf8')));
};
