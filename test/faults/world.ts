// One Bourse with all the sellers the cells need: the real app on a real socket, its ledger in a file, on a clock that can be hurried.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type App, createApp } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { seededRng } from '../../src/world.ts';
import { type SellerSpec, temporaryFolder, writeSetup } from '../support/bourse.ts';
import { createFastClock, type FastClock } from '../support/truth-bill/clock.ts';
import { startProvider, type TruthBill } from '../support/truth-bill/provider.ts';
import type { Cell } from './cell.ts';
import { type DeadEnds, openDeadEnds } from './dead-ends.ts';
import { isDeadEnd, SELLER_NAMES, SELLERS, type SellerName } from './sellers.ts';

/** Cap on the answers of all cells: 60 are given, and reservations must stay small. */
export const OUTPUT_TOKENS = 200;

/** Of every word the sellers say. */
export const SEED = 7;

export type World = AsyncDisposable & {
  readonly app: App;
  readonly config: Config;
  /** Where bourse.yaml, the policies and the ledger are. */
  readonly place: { readonly folder: string; readonly file: string; readonly env: Readonly<Record<string, string>> };
  readonly port: number;
  readonly clock: FastClock;
  /** Timers under way when nobody asks anything. */
  readonly idleTimers: number;
  readonly sellers: ReadonlyMap<SellerName, TruthBill>;
  readonly deadEnds: DeadEnds;
  /** Everything it has written for people so far. */
  readonly words: () => string;
  /** Request ids the ledger has under this policy. */
  readonly requestIds: (policy: string) => readonly string[];
  /** The ledger as bytes on disk. */
  readonly ledgerBytes: () => string;
};

/** As policies and models are named: small letters, digits and hyphens. */
export const slugOf = ({ name }: Pick<Cell, 'name'>): string =>
  name
    .toLowerCase()
    .replaceAll('+', 'plus')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

export const modelOf = (cell: Pick<Cell, 'name'>): string => `lab/${slugOf(cell)}`;

const sells = (name: SellerName, cells: readonly Cell[]): SellerSpec['sells'] =>
  cells
    .filter(({ primary, fallback }) => name === primary || name === fallback)
    .map((cell) => ({
      model: modelOf(cell),
      wireId: modelOf(cell),
      price: SELLERS[name].price,
      maxOutput: '4k',
      continues: name === 'mistral',
    }));

const policyOf = (cell: Cell): object => ({
  models: [modelOf(cell)],
  objective: 'cheapest',
  limits: { output_tokens: OUTPUT_TOKENS, spend: '$1000/day' },
  ...cell.policy,
});

const pico = (usd: number): bigint => BigInt(Math.round(usd * 1e6));

const startSellers = async (clock: FastClock): Promise<Map<SellerName, TruthBill>> => {
  const started = SELLER_NAMES.filter((name) => !isDeadEnd(name)).map(async (seller) => {
    const { dialect, price, billing } = SELLERS[seller];
    const prices = { input: pico(price[0]), output: pico(price[1]) };
    return [seller, await startProvider({ seller, dialect, prices, billing, seed: SEED, clock })] as const;
  });
  return new Map(await Promise.all(started));
};

/** Writes what an operator would have written for these cells; shared with the cells that start a process of their own. */
export const writePlace = (
  cells: readonly Cell[],
  { sellers, deadEnds }: { readonly sellers: ReadonlyMap<SellerName, TruthBill>; readonly deadEnds: DeadEnds },
) => {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const specs = SELLER_NAMES.map((name): SellerSpec => {
    const path = SELLERS[name].dialect === 'gemini' ? '/v1beta' : '/v1';
    const base_url = isDeadEnd(name) ? deadEnds.urls[name] : `${sellers.get(name)?.url ?? ''}${path}`;
    const billing = name === 'strict' ? { billing: { on_cancel: 'continues', on_error: 'prompt' } } : {};
    return { name, dialect: SELLERS[name].dialect, sells: sells(name, cells), base_url, ...billing };
  }).filter((spec) => spec.sells.length > 0);
  const policies = Object.fromEntries(cells.map((cell) => [slugOf(cell), policyOf(cell)]));
  return { folder, ...writeSetup(folder, { sellers: specs, policies, config: { log: 'debug' } }, []) };
};

export const openWorld = async (cells: readonly Cell[]): Promise<World> => {
  const clock = createFastClock();
  const sellers = await startSellers(clock);
  const deadEnds = await openDeadEnds();
  const place = writePlace(cells, { sellers, deadEnds });
  const config = loadConfig(place.file, place.env);
  const lines: string[] = [];
  const take = (line: string): void => void lines.push(line);
  const app = await createApp(config, {
    clock,
    rng: seededRng(SEED),
    say: take,
    log: { write: take },
    // Worlds share this process and its machine: only what a cell makes late is late.
    lag: { take: clock.takeLag, stop: () => undefined },
  });
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  const ledgerFile = join(place.data, 'ledger.sqlite');
  const database = new DatabaseSync(ledgerFile, { readOnly: true });
  const idsOf = database.prepare('select request_id from decisions where policy = ? order by at, request_id');
  return {
    app,
    config,
    clock,
    idleTimers: clock.pending(),
    sellers,
    place,
    deadEnds,
    port: (app.server.server.address() as AddressInfo).port,
    words: () => lines.join('\n'),
    requestIds: (policy) => idsOf.all(policy).map((row) => String(row['request_id'])),
    ledgerBytes: () => [ledgerFile, `${ledgerFile}-wal`].map((file) => readFileSync(file, 'latin1')).join(''),
    [Symbol.asyncDispose]: async () => {
      app.server.server.closeAllConnections();
      database.close();
      await app.close();
      await Promise.all([...sellers.values()].map((seller) => seller.close()));
      await deadEnds.close();
      clock.stop();
      rmSync(place.folder, {
        recursive: true,
        force: true,
      });
    },
  };
};
