// docs/dependencies.md against package.json and against what the code really imports.
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namesIn, pageAt, ROOT, rowsOf, section } from './markdown.ts';

const page = pageAt('docs/dependencies.md');
const UNUSED = 'Listed and not used';
const used = ['At run time', 'Optional', 'For work on it'].flatMap((title) => rowsOf(section(page, title)));
const unused = page.includes(`## ${UNUSED}`) ? namesIn(section(page, UNUSED)) : [];

const manifest: {
  readonly dependencies: object;
  readonly devDependencies: object;
  readonly optionalDependencies: object;
} = JSON.parse(pageAt('package.json'));

const sources = ['src', 'test', 'benchmarks', 'pricing'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path)),
);

const plain = (cell = ''): string => cell.replaceAll('`', '');

/** An import of the package itself or of a part of it. */
const imports = (path: string, name: string): boolean =>
  new RegExp(`(?:from |import |import\\(|require\\(|resolve\\()'${name}(?:/[^']*)?'`).test(
    readFileSync(join(ROOT, path), 'utf8'),
  );

describe('docs/dependencies.md', () => {
  it.each([
    ['At run time', manifest.dependencies],
    ['Optional', manifest.optionalDependencies],
    ['For work on it', manifest.devDependencies],
  ])('%s: has a row for every package that is used, and for no other', (title, listed) => {
    const names = Object.keys(listed).filter((name) => !unused.includes(name));
    expect(namesIn(section(page, title))).toEqual(names.sort());
  });

  it('gives each a reason', () => {
    expect(used.filter(([, , why = '']) => why.length < 15)).toEqual([]);
  });

  it('names a file that needs it', () => {
    const wrong = used.filter(([name, where]) => {
      const path = plain(where);
      if (!existsSync(join(ROOT, path))) return true;
      const imported = plain(name).replace(/^@types\//, '');
      return path.endsWith('.ts') && imported !== 'vitest' && !imports(path, imported);
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('calls unused only what is listed and no file imports', () => {
    const listed = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(unused.filter((name) => !listed.includes(name))).toEqual([]);
    const needed = unused.filter((name) => sources.some((path) => imports(path, name)));
    expect(needed).toEqual([]);
  });
});
