// bourse prices --model: all sellers of one model beside each other, whether configured or not; no server, no network.
import { randomUUID } from 'node:crypto';
import { boardOf } from '../app/board.ts';
import { openMarket } from '../app/market.ts';
import { loadConfig } from '../config.ts';
import type { MarketBoard } from '../http/listing.ts';
import { type SellersView, type SellerView, sellersView } from '../http/sellers-view.ts';
import { type Column, textTable } from '../reports/table.ts';
import { createMemoryStore } from '../store/memory.ts';
import { freshSeed, seededRng, systemClock } from '../world.ts';
import type { Terminal } from './command.ts';

export type ModelWishes = {
  readonly model: string;
  readonly provider?: string;
  readonly limit: number;
  readonly json: boolean;
  readonly config?: string;
};

/** With these and two spaces between them a row has 119 columns at most. */
const COLUMNS: readonly (Column & { readonly width: number })[] = [
  { title: '', width: 2 },
  { title: 'seller', width: 14 },
  { title: 'input', align: 'right', width: 7 },
  { title: 'cached', align: 'right', width: 7 },
  { title: 'output', align: 'right', width: 7 },
  { title: 'blend', align: 'right', width: 7 },
  { title: 'first ms', align: 'right', width: 11 },
  { title: 'tok/s', align: 'right', width: 5 },
  { title: 'up', align: 'right', width: 6 },
  { title: 'trains/keeps', width: 15 },
  { title: 'price, sure', width: 12 },
  { title: 'age', align: 'right', width: 4 },
];

const UNKNOWN = '–';
const clip = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

/** Three digits: $0.0375, $12.5, $150. */
const money = (value: number | null): string => (value === null ? UNKNOWN : `$${Number(value.toPrecision(3))}`);
const whole = (value: number | null): string => (value === null ? UNKNOWN : String(Math.round(value)));
const share = (value: number | null): string => (value === null ? UNKNOWN : `${Number((value * 100).toFixed(1))}%`);

const age = (seconds: number | null): string => {
  if (seconds === null) return UNKNOWN;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
};

const WORDS: Readonly<Record<string, string>> = { unknown: '?', limited: 'some' };
const word = (term: string): string => WORDS[term] ?? term;

const certainty = ({ status, confidence }: SellerView): string =>
  status === null
    ? 'none'
    : confidence === null || status === 'override'
      ? status
      : `${status} ${whole(confidence * 100)}%`;

const mark = ({ configured, dominated_by }: SellerView): string =>
  `${configured ? '•' : ' '}${dominated_by === null ? ' ' : '×'}`;

const cellsOf = (row: SellerView): readonly string[] => {
  const first = row.first_token_ms === null ? UNKNOWN : `${whole(row.first_token_ms)}/${whole(row.first_token_p95_ms)}`;
  return [
    mark(row),
    row.provider,
    money(row.input_usd_per_million),
    money(row.cached_input_usd_per_million),
    money(row.output_usd_per_million),
    money(row.blended_usd_per_million),
    first,
    whole(row.tokens_per_second),
    share(row.uptime),
    [word(row.data.training), word(row.data.retention), row.data.regions.join(' ')].filter((text) => text).join('/'),
    certainty(row),
    // What the operator wrote is as old as the reading of it: no age.
    age(row.status === 'override' ? null : row.age_seconds),
  ].map((cell, at) => clip(cell, COLUMNS[at]?.width ?? 0));
};

const spreadText = ({ spread, blend = '' }: SellersView): string => {
  if (!spread) return 'Nobody states a price.';
  const { sellers, dearest_over_cheapest: times, cheapest_below_median: below } = spread;
  const range = `${money(spread.cheapest_usd_per_million)} to ${money(spread.dearest_usd_per_million)} per million`;
  const factor = times === null ? '' : `, ${times} times`;
  const saving = below === null ? '' : `\nThe cheapest is ${share(below)} below the median.`;
  return `${sellers} sellers with a price, ${range} (${blend})${factor}.${saving}`;
};

/** For a terminal of 120 columns. */
export const sellersText = (view: SellersView, limit: number): string => {
  const rows = view.data.slice(0, limit);
  const sources = new Set(rows.flatMap(({ sheet }) => (sheet?.sources ?? []).map(({ feed }) => feed)));
  return [
    textTable(COLUMNS, rows.map(cellsOf)),
    '',
    spreadText(view),
    '$ per million tokens · first ms: p50/p95 · • configured here · × another is no worse in anything and better in something',
    clip(`prices from ${[...sources].join(', ') || 'nobody'} · ${view.data.length} sellers, ${rows.length} shown`, 120),
  ].join('\n');
};

/** The market as a server would begin with it: bundled list, own prices, feeds as last kept. Nobody is called. */
const openBoard = async (config: string | undefined) => {
  const quiet = (): undefined => undefined;
  const market = await openMarket(loadConfig(config), {
    clock: systemClock,
    rng: seededRng(freshSeed()),
    store: createMemoryStore({ clock: systemClock }),
    process: randomUUID(),
    onPriceChange: quiet,
    onFeedFault: quiet,
  });
  const board = boardOf(market, { clock: systemClock, memory: { billsOf: quiet } });
  return { board, close: () => market.refresh.stop() };
};

const compare = (board: MarketBoard, { model, provider, limit, json }: ModelWishes, terminal: Terminal): number => {
  const sellers = board.sellers(model);
  if (sellers.length === 0) {
    const near = board.nearest(model);
    terminal.err(`nobody is known to sell "${model}"${near.length > 0 ? `; did you mean ${near.join(', ')}?` : ''}`);
    return 1;
  }
  const view = sellersView(model, sellers, systemClock.now());
  const shown = { ...view, data: view.data.filter((row) => row.provider === (provider ?? row.provider)) };
  terminal.out(json ? JSON.stringify(shown, null, 2) : sellersText(shown, limit));
  return shown.data.length > 0 ? 0 : 1;
};

export const compareSellers = async (wishes: ModelWishes, terminal: Terminal): Promise<number> => {
  const { board, close } = await openBoard(wishes.config);
  try {
    return compare(board, { ...wishes, model: wishes.model.toLowerCase() }, terminal);
  } finally {
    await close();
  }
};
