// Where one cell is played: its own model and policy in a world, requests sent to it, and everything that was seen gathered afterwards.
import type { RequestView } from '../../src/core/ledger.ts';
import { type OfferKey, modelKey, offerKey } from '../../src/core/offer.ts';
import type { HealthView } from '../../src/market/health.ts';
import { healthy } from '../support/truth-bill/acts.ts';
import type { BillingRule } from '../support/truth-bill/bill.ts';
import type { SeenCall } from '../support/truth-bill/provider.ts';
import type { Cell } from './cell.ts';
import { type Heard, type Say, type Visit, visit } from './client.ts';
import { modelOf, slugOf, type World } from './world.ts';

/** Real ms that everything a cell began has to come to its end. */
const SETTLE_MS = 1_000;

export type Stand = {
  readonly world: World;
  readonly cell: Cell;
  readonly policy: string;
  /** Sends a request of the cell; each has a marker of its own in its prompt. */
  ask(change?: {
    readonly body?: object;
    readonly headers?: Readonly<Record<string, string>>;
    readonly deaf?: boolean;
  }): Visit;
  /** The same as bytes to be sent by other means. */
  say(change?: { readonly body?: object; readonly headers?: Readonly<Record<string, string>> }): Say;
  /** Calls of this cell at all sellers, in the order they came. */
  calls(): readonly SeenCall[];
  /** Requests said so far. */
  said(): number;
  pause(realMs: number): Promise<void>;
  /** Real ms until `look` is true, at most `most`. */
  until(look: () => boolean | Promise<boolean>, most?: number): Promise<boolean>;
};

/** As the provider saw it, and what it charges. */
export type BilledCall = SeenCall & { readonly bill: bigint; readonly rule: BillingRule };

export type Seen = { readonly health: HealthView; readonly now: number };

export type Evidence = {
  readonly cell: Cell;
  readonly visits: readonly Heard[];
  readonly calls: readonly BilledCall[];
  readonly views: readonly RequestView[];
  /** By counter: what the store says is spent or reserved. */
  readonly held: ReadonlyMap<string, number>;
  /** Of the first seller: when the last answer was out, and when all had come to rest. */
  readonly health: Seen;
  readonly healthAfter: HealthView;
  /** Requests said, in whatever way. */
  readonly said: number;
  /** Everything written anywhere a person could read it. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly leftovers: { readonly timers: number; readonly calls: number; readonly connections: number };
  readonly warnings: readonly string[];
  readonly afterwards: { readonly heard: Heard; readonly by: string } | undefined;
  /** Virtual ms per real one while it was played. */
  readonly speed: number;
};

export const primaryKey = (cell: Cell): OfferKey => offerKey(cell.primary, modelKey(modelOf(cell)));

let marker = 0;

export const openStand = (world: World, cell: Cell): Stand & { readonly visits: readonly Visit[] } => {
  const visits: Visit[] = [];
  const policy = slugOf(cell);
  const model = modelOf(cell);
  let said = 0;
  const say: Stand['say'] = ({ body = {}, headers = {} } = {}) => {
    marker += 1;
    said += 1;
    const content = `Where is my parcel? marker-${policy}.${marker}`;
    const all = {
      model: `auto/${policy}`,
      messages: [{ role: 'user', content }],
      ...(cell.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
      ...cell.body,
      ...body,
    };
    const path = '/v1/chat/completions';
    return { port: world.port, path, body: JSON.stringify(all), headers: { ...cell.headers, ...headers } };
  };
  const pause = (realMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, realMs));
  return {
    world,
    cell,
    policy,
    visits,
    say,
    pause,
    said: () => said,
    ask: ({ deaf = false, ...change } = {}) => {
      const made = visit(
        {
          ...say(change),
          deaf,
        },
        world.clock,
      );
      visits.push(made);
      return made;
    },
    calls: () =>
      [...world.sellers.values()]
        .flatMap((seller) => seller.calls.filter((call) => call.model === model))
        .toSorted((a, b) => a.at - b.at),
    until: async (look, most = SETTLE_MS) => {
      const from = performance.now();
      while (!(await look())) {
        if (performance.now() - from > most) return false;
        await pause(3);
      }
      return true;
    },
  };
};

/** Sets the scripts of a cell. */
export const setStage = ({ sellers }: World, cell: Cell): void => {
  const model = modelOf(cell);
  sellers.get(cell.primary)?.set(model, cell.script);
  if (cell.fallback) sellers.get(cell.fallback)?.set(model, cell.second ?? healthy);
  if (cell.bills) for (const seller of sellers.values()) seller.charge(model, cell.bills);
};
