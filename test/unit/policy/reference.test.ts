import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../src/policy/parse.ts';
import { formatProblem } from '../../../src/policy/yaml-file.ts';
import { fieldsAt, POLICY_SCHEMA, policyFields, policySchemaText } from '../../../src/policy/json-schema.ts';
import { withFieldTable, writeReference } from '../../../src/policy/reference.ts';

const root = join(import.meta.dirname, '../../..');
const schemaFile = join(root, 'policies/schema.json');
const page = readFileSync(join(root, 'docs/policies.md'), 'utf8');

describe('policies/schema.json', () => {
  it('is what the schema says today (bourse policies schema writes it)', () => {
    expect(readFileSync(schemaFile, 'utf8')).toBe(policySchemaText());
  });

  it('describes every field', () => {
    expect(policyFields().filter(({ node }) => !node.description)).toEqual([]);
    expect(policyFields().length).toBeGreaterThan(50);
  });

  it('gives every field outside rules and examples its default, except what must be written', () => {
    const bare = policyFields()
      .filter(
        ({ name, node }) => !/^(?:rules|examples)\[\]|^objective\.|^feedback\.judge\./.test(name) && !node.properties,
      )
      .filter(({ node }) => node.default === undefined);
    expect(bare.map(({ name }) => name)).toEqual(['version', 'name', 'about']);
    expect(POLICY_SCHEMA.required).toEqual(['version', 'name', 'about']);
  });

  it('shows examples that its own patterns take', () => {
    const shown = policyFields().flatMap(({ name, node }) =>
      (node.examples ?? []).map((text) => ({ name, node, text })),
    );
    const refused = shown.filter(({ node, text }) => node.pattern && !new RegExp(node.pattern).test(String(text)));
    expect(refused.map(({ name }) => name)).toEqual([]);
    expect(shown.length).toBeGreaterThan(10);
  });

  it('knows the fields at a place, in a list and in one form of several', () => {
    expect(fieldsAt(['require', 'data'])).toEqual(['training', 'retention', 'regions', 'self_hosted']);
    expect(fieldsAt(['rules', 3, 'limits'])).toEqual(['deadline', 'stream_deadline', 'output_tokens']);
    expect(fieldsAt(['objective'])).toEqual(['worth', 'budget', 'floor']);
    expect(fieldsAt(['nowhere'])).toEqual([]);
  });
});

describe('docs/policies.md', () => {
  it('has the table of today’s fields (bourse policies schema writes it)', () =>
    expect(withFieldTable(page)).toBe(page));

  it('names every field of the language', () => {
    const missing = policyFields()
      .map(({ name }) => (name.startsWith('rules[].when') ? name : name.replace(/^rules\[\]\./, '')))
      .filter((name) => !page.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  it('shows a policy that is right', () => {
    const shown = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const parsed = parsePolicy(shown, 'support-chat.yaml');
    expect(parsed.ok ? [] : parsed.problems.map(formatProblem)).toEqual([]);
  });

  it('has a row for each shipped policy', () => {
    for (const name of ['auto', 'economy', 'quality', 'code', 'extract', 'summarize', 'chat-fast', 'private'])
      expect(page).toContain(`| \`${name}\` |`);
  });
});

describe('writing the reference', () => {
  it('writes both files and leaves the rest of the page alone', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'reference-'));
    const files = { schema: join(directory, 'schema.json'), page: join(directory, 'page.md') };
    const [before, after] = [page.indexOf('| `name`'), page.indexOf('| `about`')];
    await writeFile(files.page, page.slice(0, before) + page.slice(after));
    await writeReference(files);
    expect(await readFile(files.page, 'utf8')).toBe(page);
    expect(await readFile(files.schema, 'utf8')).toBe(policySchemaText());
    await rm(directory, { recursive: true });
  });

  it('refuses a page without its marks', () => expect(() => withFieldTable('# A page')).toThrow('no marks'));
});
