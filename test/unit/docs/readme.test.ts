// README.md: its numbers are those of the newest result files, its links lead somewhere, its commands exist.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withNumbers } from '../../../benchmarks/readme-numbers.ts';
import { pageAt, ROOT } from './markdown.ts';

const page = pageAt('README.md');

const folder = mkdtempSync(join(tmpdir(), 'bourse-readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

const machine = { date: '2026-11-24T10:00:00Z', commit: 'abc1234', node: 'v26.10.0', cpu: 'Testcore 9', cores: 2 };
const of = (median: number) => ({ median, least: median, most: median });
const write = (name: string, value: object): void => writeFileSync(join(folder, name), JSON.stringify(value));

const writeAll = (): void => {
  write('overhead-2026-11-24-abc1234.json', {
    machine,
    rounds: 4,
    rows: [
      { scene: '1 kB', target: 'direct', perSecond: of(9_000), loadBound: true },
      { scene: '1 kB', target: 'bare', perSecond: of(5_000), loadBound: false, cpuMicros: of(90), addedP50: of(0.1) },
      { scene: '1 kB', target: 'bourse', perSecond: of(3_000), loadBound: true, cpuMicros: of(200), addedP50: of(0.4) },
    ],
  });
  write('decide-2026-11-24-abc1234.json', { machine, rows: [{ name: 'classify 8 kB', p50: 150.4, p99: 400 }] });
  write('demo-2026-11-24-abc1234.json', {
    seed: 7,
    seeds: [
      { seed: 7, quality_of_baseline: 0.98, spend_of_baseline: 0.4, above_hull: 0.02 },
      { seed: 1, quality_of_baseline: 0.96, spend_of_baseline: 0.6, above_hull: -0.01 },
    ],
    machine,
    requests: 400,
    failed: 0,
    fallbacks: 12,
    quality: 0.9,
    spend_usd: 0.5,
    baseline: { model: 'atlas/large', quality: 0.92, spend_usd: 2 },
    best_single: { model: 'orion/mid', quality: 0.88, spend_usd: 0.4 },
    random: { quality: 0.7, spend_usd: 0.9 },
    oracle: { quality: 0.95, spend_usd: 0.45 },
    hull_quality: 0.89,
    price_change: { offer: 'lumen:lumen/spark', requests_until_moved: 1 },
    outage: { provider: 'orion', failed: 0 },
  });
};

describe('the numbers in README.md', () => {
  it('are those of the newest result files (npx node benchmarks/readme-numbers.ts writes them)', () =>
    expect(withNumbers(page)).toBe(page));

  it('name the machine', () => {
    const blocks = [...page.matchAll(/<!-- numbers: \w+ -->\n([\s\S]*?)<!-- \/numbers -->/g)].map(([, text]) => text);
    expect(blocks).toHaveLength(2);
    for (const block of blocks) expect(block).toMatch(/ cores, Node v\d+/);
  });
});

describe('writing the numbers', () => {
  it('refuses to go on without results, and says what to run', () => {
    expect(() => withNumbers(page, folder)).toThrow('there is no overhead-*.json');
  });

  it('takes the newest results, names the machine and says where Bourse loses', () => {
    writeAll();
    write('demo-2026-11-20-fff0000.json', { machine: { date: '2026-11-20T10:00:00Z' }, of: 'another shape' });
    write('demo-2026-11-30-fff0000.json', { machine: { date: '2026-11-30T10:00:00Z' }, of: 'no use' });
    expect(() => withNumbers(page, folder)).toThrow('quality');
    rmSync(join(folder, 'demo-2026-11-30-fff0000.json'));
    const text = withNumbers(page, folder);
    expect(text).toContain('| 1 kB, bourse | ≥ 3000 | 200 | 400 |  |');
    expect(text).not.toContain('1 kB, direct');
    expect(text).toContain('Testcore 9, 2 cores, Node v26.10.0, 2026-11-24, commit abc1234');
    expect(text).toContain(
      'Where Bourse loses: `bare` is better in requests/s (1 of 1 loads), CPU µs per request (1 of 1 loads), added p50 µs (1 of 1 loads).',
    );
    expect(text).toContain('classify 8 kB 150 (400)');
    expect(text).toContain(
      'Where Bourse loses: always atlas/large (the stated baseline) is better (0.920); ' +
        'always orion/mid (the best single model) is cheaper ($0.4000); ' +
        'an oracle that knows the truth is better (0.950) and cheaper ($0.4500).',
    );
    expect(withNumbers(text, folder)).toBe(text);
  });

  it('prefers the later date to the later name', () => {
    writeAll();
    const later = { machine: { ...machine, date: '2026-11-25T10:00:00Z' }, rows: [{ name: 'later', p50: 1, p99: 2 }] };
    write('decide-2026-11-23-000.json', later);
    expect(withNumbers(page, folder)).toContain('later 1 (2)');
    rmSync(join(folder, 'decide-2026-11-23-000.json'));
  });
});

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(' ', '-');

describe('every page', () => {
  it.each(pages)('%s has links that lead somewhere', (path) => {
    const links = [...pageAt(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, target))) return true;
      if (anchor === undefined) return false;
      const headings = [...pageAt(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
      return !headings.includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(pages)('%s names only npm scripts and commands that exist', (path) => {
    const { scripts }: { readonly scripts: object } = JSON.parse(pageAt('package.json'));
    const named = [...pageAt(path).matchAll(/npm run (?:-s )?([a-z][\w:]*)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    const commands = [...pageAt('src/main.ts').matchAll(/^ {2}(\w+): async/gm)].map(([, name]) => name);
    const used = [...pageAt(path).matchAll(/npm run -s bourse -- (\w+)/g)].map(([, name]) => name);
    expect(used.filter((name) => !commands.includes(name))).toEqual([]);
  });

  it.each(pages)('%s never runs a script with whatever Node the machine has', (path) => {
    expect(pageAt(path)).not.toMatch(/(?<!npx )\bnode (?:src|benchmarks|pricing)\//);
  });
});
