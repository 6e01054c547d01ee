// docs/providers.md against the code: who is known, what bourse.yaml can say, what the example means.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KNOWN_PROVIDERS } from '../../../src/adapters/known.ts';
import { CHAT_PROVIDERS } from '../../../src/adapters/quirks.ts';
import { loadConfig } from '../../../src/config.ts';
import { ConfigFile } from '../../../src/config/file.ts';
import { readSnapshot } from '../../../src/market/snapshot.ts';
import { formatProblem, readYaml } from '../../../src/policy/yaml-file.ts';
import { pageAt, ROOT, rowsOf, section } from './markdown.ts';

const page = pageAt('docs/providers.md');

type Node = {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly default?: unknown;
};

/** Every field with its default, dotted; `*` stands for a name of one's own. */
const fieldsOf = (node: Node, path = ''): readonly (readonly [string, unknown])[] => [
  ...Object.entries(node.properties ?? {}).flatMap(([name, inner]) => [
    [`${path}${name}`, inner.default] as const,
    ...fieldsOf(inner, `${path}${name}.`),
  ]),
  ...(typeof node.additionalProperties === 'object' ? fieldsOf(node.additionalProperties, `${path}*.`) : []),
  ...(node.items ? fieldsOf(node.items, `${path.slice(0, -1)}[].`) : []),
];

const language = (): Node => z.toJSONSchema(ConfigFile, { io: 'output', unrepresentable: 'any' }) as Node;

const written = (value: unknown): string => {
  if (value === undefined) return '';
  return value === '' ? 'empty' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
};

describe('the known providers in docs/providers.md', () => {
  it('are those of the code, each with its dialect, key, address and terms', () => {
    const rows = Object.entries(KNOWN_PROVIDERS).map(([name, { dialect, keyEnv, keyless, baseUrl, data }]) => {
      const key = keyEnv === undefined ? 'none' : `\`${keyEnv}\`${keyless ? ', optional' : ''}`;
      const regions = data.regions.length > 0 ? `, regions ${data.regions.join(' ')}` : '';
      const own = data.selfHosted ? ', your own machine' : '';
      const terms = `training ${data.training}, retention ${data.retention}${regions}${own}`;
      return [`\`${name}\``, dialect, key, baseUrl ?? 'yours', terms];
    });
    expect(rowsOf(section(page, 'Known providers'))).toEqual(rows);
  });

  it('that the bundled list does not know are named', () => {
    const { rows } = readSnapshot(`${ROOT}/pricing/prices.json`);
    const listed = new Set(rows.map(({ provider }) => provider));
    const missing = Object.keys(KNOWN_PROVIDERS).filter((name) => !listed.has(name));
    expect(page).toContain(`It has nothing for ${missing.map((name) => `\`${name}\``).join(', ')}: list`);
  });

  it('are asked for nothing they answer with an error', () => {
    const rows = Object.entries(CHAT_PROVIDERS).flatMap(([name, { lacks, schemas }]) => {
      const cannot = [...lacks, ...(schemas ? [] : ['schemas'])];
      return cannot.length > 0 ? [[`\`${name}\``, cannot.join(', ')]] : [];
    });
    expect(rowsOf(section(page, 'Quirks'))).toEqual(rows);
  });
});

describe('bourse.yaml in docs/providers.md', () => {
  it('has every field of the schema with its default, and no other', () => {
    const rows = rowsOf(section(page, 'Every field')).map(([name, value]) => [name, value]);
    expect(rows).toEqual(fieldsOf(language()).map(([name, value]) => [`\`${name}\``, written(value)]));
    expect(rows.length).toBeGreaterThan(40);
  });

  it('is explained field by field', () => {
    const silent = rowsOf(section(page, 'Every field')).filter(([, , meaning = '']) => meaning.length < 8);
    expect(silent).toEqual([]);
  });

  it('is right wherever a piece of it is shown', () => {
    const shown = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
    expect(shown).toHaveLength(3);
    for (const text of shown) {
      const read = readYaml(text, 'shown.yaml', ConfigFile);
      expect(read.ok ? [] : read.problems.map(formatProblem)).toEqual([]);
    }
  });
});

describe('docs/bourse.example.yaml', () => {
  const example = `${ROOT}/docs/bourse.example.yaml`;
  const keys = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b', DEEPINFRA_KEY: 'c', HOUSE_KEY: 'd' };

  it('loads, and means what it says', () => {
    const config = loadConfig(example, { ...keys, OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1' });
    expect(config.warnings).toEqual([]);
    expect(config.providers.map(({ name }) => name).sort()).toEqual([
      'anthropic',
      'deepinfra',
      'house',
      'ollama',
      'openai',
    ]);
    expect(config.providers.find(({ name }) => name === 'house')).toMatchObject({
      dialect: 'chat',
      key: 'd',
      pricesPath: '/models',
      data: { training: 'never', retention: 'none', regions: ['eu'], selfHosted: true },
    });
    expect(Object.keys(config.prices.feeds ?? {})).toContain('contract');
  });

  it('warns of a key that is not there instead of failing', () => {
    const { warnings } = loadConfig(example, { ...keys, HOUSE_KEY: undefined });
    expect(warnings).toEqual(['provider "house" has no key: set HOUSE_KEY']);
  });

  it('has no secret in it, and shows every field', () => {
    const text = pageAt('docs/bourse.example.yaml');
    expect(text).not.toMatch(/sk-|bk_/);
    const names = new Set(fieldsOf(language()).map(([name]) => name.split('.').at(-1)?.replace('[]', '') ?? ''));
    const missing = [...names].filter((name) => name !== '*' && !new RegExp(`\\b${name}:`).test(text));
    expect(missing).toEqual(['url']);
  });
});
