// docs/architecture.md and docs/decisions: what they point at exists, and every decision is told whole.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KNOWN_PROVIDERS } from '../../../src/adapters/known.ts';
import { ERRORS } from '../../../src/core/errors.ts';
import { BUILT_IN_FEEDS } from '../../../src/market/feeds/built-in.ts';
import { pageAt, ROOT, rowsOf, section } from './markdown.ts';

const page = pageAt('docs/architecture.md');

const filesNamed = (text: string): readonly string[] =>
  [...text.matchAll(/`((?:src|test|pricing|policies|benchmarks|docs|bin)\/[\w./-]+\.\w+)`/g)].map(
    ([, path = '']) => path,
  );

describe('docs/architecture.md', () => {
  it('answers "Where is X decided?" with files that exist, one question once', () => {
    const rows = rowsOf(section(page, 'Where is X decided?'));
    expect(rows.length).toBeGreaterThanOrEqual(20);
    const vague = rows.filter(([, where = '']) => filesNamed(where).length === 0);
    expect(vague).toEqual([]);
    const missing = rows.flatMap(([, where = '']) => filesNamed(where)).filter((path) => !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
    expect(new Set(rows.map(([question]) => question)).size).toBe(rows.length);
  });

  it('draws errors with the status they have', () => {
    const drawn = [...page.matchAll(/\b([a-z]+(?:_[a-z]+)*) (\d{3})\b/g)].map(([, code = '', status]) => ({
      code,
      status: Number(status),
    }));
    expect(drawn.length).toBeGreaterThanOrEqual(10);
    const statuses: Readonly<Record<string, { readonly status: number }>> = ERRORS;
    expect(drawn.filter(({ code, status }) => statuses[code]?.status !== status)).toEqual([]);
  });
});

describe('every page', () => {
  const pages = ['README.md', 'CHANGELOG.md'].concat(
    readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => join('docs', path)),
  );

  it.each(pages)('%s names only files that exist', (path) => {
    expect(filesNamed(pageAt(path)).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

describe('docs/decisions', () => {
  const names = readdirSync(join(ROOT, 'docs/decisions')).sort();
  const PARTS = ['Context', 'Decision', 'Consequences', 'Would change our mind'];

  it('are numbered without a gap', () => {
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, at) => at + 1));
    expect(names.filter((name) => !/^\d{4}-[a-z-]+\.md$/.test(name))).toEqual([]);
  });

  it.each(names)('%s has its number, its four parts in order, and is short', (name) => {
    const text = pageAt(`docs/decisions/${name}`);
    expect(text.startsWith(`# ${Number(name.slice(0, 4))}. `)).toBe(true);
    const parts = [...text.matchAll(/^\*\*([^*]+)\.\*\* (.*)/gm)];
    expect(parts.map(([, part]) => part)).toEqual(PARTS);
    for (const [, , said = ''] of parts) expect(said.length).toBeGreaterThan(10);
    expect(text.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(14);
  });
});

describe('CHANGELOG.md', () => {
  it('begins with the version of package.json and counts right', () => {
    const { version }: { readonly version: string } = JSON.parse(pageAt('package.json'));
    const text = pageAt('CHANGELOG.md');
    expect(/^## ([\d.]+)/m.exec(text)?.[1]).toBe(version);
    expect(Object.keys(KNOWN_PROVIDERS)).toHaveLength(18);
    expect(text).toContain('eighteen known by name');
    expect(BUILT_IN_FEEDS).toHaveLength(11);
    expect(text).toContain('eleven feeds known by name');
    expect(readdirSync(join(ROOT, 'policies')).filter((name) => name.endsWith('.yaml'))).toHaveLength(8);
  });
});
