// The thread that reads feeds, merges them and judges what changed, so that the thread that answers requests never waits for it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { OfferKey } from '../core/offer.ts';
import type { Clock } from '../core/ports.ts';
import { createCanonicaliser } from '../market/identity.ts';
import { loadAliases } from '../market/identity-aliases.ts';
import type { NamedReading } from '../market/listings.ts';
import { createRefresh } from '../market/refresh.ts';
import { parseReleases } from '../market/releases.ts';
import type { PriceChange } from '../market/sheet-book.ts';
import { createPriceTable, isSeenAgain, type PriceTable, type SeenAgain, type Standing } from '../market/sheets.ts';
import { readSnapshot } from '../market/snapshot.ts';
import { seededRng, systemClock } from '../world.ts';
import { declaredFirst } from './declared.ts';
import { feedsOf } from './feeds.ts';
import {
  type Ask,
  NO_NEWS,
  type Slice,
  type Speeds,
  slicesOf,
  type Task,
  type Tell,
  type WorkerStart,
} from './price-link.ts';
import { PRICING, releasesFile } from './pricing-files.ts';
import { packReading, unpackReading } from './shared-reading.ts';

const port = parentPort;
if (!port) throw new Error('this file is the price thread of a router and does nothing by itself');
const tell = (message: Tell, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, [...transfer]);
const { config, offers, seed: luck, shares } = workerData as WorkerStart;

/** The router's time, as it was told with the task, and from there on ours. */
let told = { now: systemClock.now(), at: systemClock.elapsed() };
const clock: Clock = { ...systemClock, now: () => told.now + systemClock.elapsed() - told.at };

const bundled = readSnapshot(join(PRICING, 'prices.json'));
const canonicalise = declaredFirst(config, createCanonicaliser(loadAliases(join(PRICING, 'aliases.json'))));
const table = createPriceTable({ canonicalise, seed: bundled });

/** The last reading of every feed that was read here and believed. */
const believed = new Map<string, NamedReading>();
const share = (reading: NamedReading): void => {
  if (!shares) return;
  believed.set(reading.name, reading);
  const bytes = Uint8Array.from(packReading(reading));
  tell({ kind: 'reading', feed: reading.name, bytes }, [bytes.buffer]);
};

/** The table, telling others what was believed of what was read here. Unchanged is news: it has just been seen again. */
const shared: PriceTable = {
  ...table,
  applyReadings: (fresh: readonly NamedReading[], at) => {
    const applied = table.applyReadings(fresh, at);
    const frozen = new Set(applied.frozen.map(({ feed }) => feed));
    for (const reading of fresh) if (!frozen.has(reading.name)) share(reading);
    return applied;
  },
  confirm: (feed, at) => {
    const reading = believed.get(feed);
    if (reading) share({ ...reading, observedAt: at });
    return table.confirm(feed, at);
  },
};

const waiting = new Map<number, (may: boolean) => void>();
let tickets = 0;
const mayRead = (feed: string, forMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    tickets += 1;
    waiting.set(tickets, resolve);
    tell({ kind: 'may', ticket: tickets, feed, forMs });
  });

let changes: PriceChange[] = [];
let speeds: Speeds[] = [];
const onFault = (feed: string, why: string): void => tell({ kind: 'fault', feed, why });
const refresh = createRefresh({
  feeds: feedsOf(config, clock, { offers, known: bundled.rows }),
  table: shared,
  clock,
  rng: seededRng(luck),
  mayRead,
  onChange: (change) => void changes.push(change),
  onFault,
  onSpeeds: (feed, said, observedAt) => void speeds.push({ feed, speeds: said, observedAt }),
});

/** No file: nobody has released anything. */
const readReleases = async (): Promise<void> => {
  const text = await readFile(releasesFile(config), 'utf8').catch(() => '');
  if (text !== releasesText) table.setReleases(parseReleases(text));
  releasesText = text;
};
let releasesText = '';

const hear = (bytes: Uint8Array): void => {
  const applied = table.applyReadings([unpackReading(bytes)], clock.now());
  changes.push(...applied.changes);
  for (const { feed, reason } of applied.frozen) onFault(feed, reason);
};

const perform = async (task: Task): Promise<void> => {
  switch (task.do) {
    case 'install':
      table.install(task.standings, task.precedences);
      return;
    case 'hear':
      return hear(task.bytes);
    case 'restore':
    case 'due':
    case 'all':
      await readReleases();
      await refresh[task.do]();
      return;
    default: {
      const never: never = task;
      return never;
    }
  }
};

/** What the other thread holds of each offer. */
const sent = new Map<string, Standing>();

const news = (): Pick<Slice, 'standings' | 'seen'> => {
  const standings: Standing[] = [];
  const seen = new Map<string, SeenAgain & { readonly offers: OfferKey[] }>();
  for (const standing of table.standings()) {
    const { offer, last, confirmedAt } = standing;
    const before = sent.get(offer);
    if (before?.last === last) continue;
    sent.set(offer, standing);
    if (!isSeenAgain(before, standing)) {
      standings.push(standing);
      continue;
    }
    const { observedAt, confidence, sources } = last;
    const key = `${observedAt} ${confidence} ${confirmedAt} ${sources.map((each) => `${each.feed} ${each.revision}`).join()}`;
    const group = seen.get(key) ?? { observedAt, confidence, sources, confirmedAt, offers: [] };
    group.offers.push(offer);
    seen.set(key, group);
  }
  return { standings, seen: [...seen.values()] };
};

let wantMore = (): void => undefined;
const acknowledged = (): Promise<void> => new Promise((resolve) => (wantMore = resolve));

const answer = async (id: number, slice: Slice): Promise<void> => {
  const slices = slicesOf(slice);
  for (const [index, part] of slices.entries()) {
    const last = index === slices.length - 1;
    tell({ kind: 'slice', id, slice: part, precedences: table.precedences(), last });
    if (!last) await acknowledged();
  }
};

const serve = async ({ id, now, task }: Extract<Ask, { kind: 'task' }>): Promise<void> => {
  told = { now, at: systemClock.elapsed() };
  await perform(task).catch((fault: unknown) =>
    onFault('prices', fault instanceof Error ? fault.message : String(fault)),
  );
  const fresh = news();
  const slice = task.do === 'install' ? NO_NEWS : { ...fresh, changes, speeds };
  [changes, speeds] = [[], []];
  await answer(id, slice);
};

port.on('message', (ask: Ask) => {
  switch (ask.kind) {
    case 'task':
      void serve(ask);
      return;
    case 'more':
      wantMore();
      return;
    case 'may':
      waiting.get(ask.ticket)?.(ask.may);
      waiting.delete(ask.ticket);
      return;
    default:
      ask satisfies never;
  }
});
