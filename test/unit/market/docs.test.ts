import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PriceStatus } from '../../../src/core/price.ts';
import { BUILT_IN_FEEDS, type BuiltInFeed } from '../../../src/market/feeds/built-in.ts';
import { LOCAL_FILE } from '../../../src/market/feeds/local-file.ts';
import { readSnapshot } from '../../../src/market/snapshot.ts';

const page = readFileSync(new URL('../../../docs/prices.md', import.meta.url), 'utf8');
const section = (title: string) => page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
const tableOf = (title: string) =>
  section(title)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);

describe('docs/prices.md', () => {
  it('lists the feeds as the code has them, and no others', () => {
    const when = ({ read, seller }: BuiltInFeed) => (read === 'always' ? 'always' : `with ${seller} configured`);
    const often = ({ everyMinutes }: BuiltInFeed) => (everyMinutes < 60 ? `${everyMinutes}m` : `${everyMinutes / 60}h`);
    const timed = [
      ...BUILT_IN_FEEDS.map((feed) => ({ spec: feed.spec, read: when(feed), every: often(feed) })),
      { spec: LOCAL_FILE, read: 'when named', every: 'at start' },
    ];
    const rows = timed.map(
      ({ spec: { name, precedence, lineage, unit, silence, licence }, read, every }) =>
        `| ${[name, read, every, precedence, lineage, unit, silence, licence].join(' | ')} |`,
    );
    expect(tableOf('Feeds')).toEqual(rows);
  });

  it('explains every status there is', () => {
    const statuses: Record<PriceStatus, true> = {
      override: true,
      verified: true,
      single: true,
      disputed: true,
      held: true,
      stale: true,
    };
    const named = tableOf('Consensus').map((line) => /`(\w+)`/.exec(line)?.[1]);
    expect(new Set(named)).toEqual(new Set(Object.keys(statuses)));
  });

  it('gives the date of the list that ships', () => {
    const { asOf } = readSnapshot(new URL('../../../pricing/prices.json', import.meta.url));
    expect(section('The bundled list')).toContain(`is of ${new Date(asOf).toISOString().slice(0, 10)}.`);
  });
});
