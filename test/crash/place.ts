// Where the kills happen: a folder with what an operator would have written, and sellers that outlive the router and keep their own bills.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Rng } from '../../src/core/ports.ts';
import { systemClock } from '../../src/world.ts';
import { SELLERS, type SellerName } from '../faults/sellers.ts';
import { type SellerSpec, temporaryFolder, writeSetup } from '../support/bourse.ts';
import {
  type Act,
  ANSWER_TOKENS,
  done,
  end,
  finish,
  head,
  healthy,
  opens,
  refuses,
  reset,
  role,
  type Script,
  silence,
  tokens,
  usage,
  wait,
  whole,
} from '../support/truth-bill/acts.ts';
import { startProvider, type TruthBill } from '../support/truth-bill/provider.ts';

/** The cap that is used up while the kills go on. */
export const TIGHT_CAP_USD = 0.1;
/** Sold by one seller and under that policy alone, so that its bill is what the cap has to hold. */
const TIGHT_MODEL = 'lab/tight';
const TIGHT_SELLER = 'together';
const OPEN_SELLERS = ['openai', 'anthropic', 'gemini', 'mistral'] as const;
const OPEN_MODELS = ['lab/one', 'lab/two', 'lab/three'] as const;

export const POLICIES = ['open', 'paced', 'tight'] as const;

export type Place = AsyncDisposable & {
  readonly file: string;
  readonly folder: string;
  readonly ledger: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sellers: readonly TruthBill[];
  /** The one whose bill the cap has to hold. */
  readonly tight: TruthBill;
};

const spoken = (everyMs: number): readonly Act[] => [
  opens,
  role,
  tokens(ANSWER_TOKENS, everyMs),
  finish(),
  usage(),
  done,
  end,
];

/** An answer that takes its time, so that a kill finds it at any moment. */
const unhurried =
  (everyMs: number): Script =>
  ({ stream }) =>
    stream ? spoken(everyMs) : [wait(everyMs * ANSWER_TOKENS), head(200), whole(), end];

const breaks: Script = ({ stream }) => (stream ? [opens, role, tokens(20, 4), reset] : [...refuses({ status: 500 })]);

/** Up to which share of calls what comes of them; the rest break in the middle. */
export type Odds = {
  readonly healthy: number;
  readonly slow: number;
  readonly slower: number;
  readonly silent: number;
  readonly refused: number;
};

/** Trouble everywhere: most are answered, some slowly, some never, some fail before or in the middle. */
export const ROUGH: Odds = { healthy: 0.5, slow: 0.75, slower: 0.82, silent: 0.88, refused: 0.94 };

const fortune =
  (rng: Rng, odds: Odds): Script =>
  (asked) => {
    const chance = rng.next();
    const script = (
      [
        [odds.healthy, healthy],
        [odds.slow, unhurried(4)],
        [odds.slower, unhurried(25)],
        [odds.silent, () => [silence]],
        [odds.refused, () => refuses({ status: 503 })],
      ] as const satisfies readonly (readonly [number, Script])[]
    ).find(([most]) => chance < most);
    return (script?.[1] ?? breaks)(asked);
  };

const pico = (usd: number): bigint => BigInt(Math.round(usd * 1e6));

const startSeller = async (name: SellerName, models: Readonly<Record<string, Script>>): Promise<TruthBill> => {
  const { dialect, price, billing } = SELLERS[name];
  const prices = { input: pico(price[0]), output: pico(price[1]) };
  const seller = await startProvider({ seller: name, dialect, prices, billing, seed: 7, clock: systemClock });
  for (const [model, script] of Object.entries(models)) seller.set(model, script);
  return seller;
};

const specOf = ({ spec: { seller, dialect }, url }: TruthBill, models: readonly string[]): SellerSpec => ({
  name: seller,
  dialect,
  base_url: `${url}${dialect === 'gemini' ? '/v1beta' : '/v1'}`,
  sells: models.map((model) => ({ model, wireId: model, price: SELLERS[seller as SellerName].price })),
});

/** @param rng decides what comes of each call, by these odds @param capUsd of the policy `tight` */
export const openPlace = async (rng: Rng, { odds = ROUGH, capUsd = TIGHT_CAP_USD } = {}): Promise<Place> => {
  const script = fortune(rng, odds);
  const open = await Promise.all(
    OPEN_SELLERS.map((name) => startSeller(name, Object.fromEntries(OPEN_MODELS.map((model) => [model, script])))),
  );
  const tight = await startSeller(TIGHT_SELLER, { [TIGHT_MODEL]: unhurried(1) });
  const folder = temporaryFolder();
  const models = OPEN_MODELS;
  const { file, env, data } = writeSetup(
    folder,
    {
      sellers: [...open.map((seller) => specOf(seller, OPEN_MODELS)), specOf(tight, [TIGHT_MODEL])],
      policies: {
        open: { models, objective: { worth: '$0.001' }, explore: { share: '20%', spend: '$100/day' } },
        paced: { models, objective: { budget: '$5/day' } },
        tight: { models: [TIGHT_MODEL], objective: 'cheapest', limits: { spend: `$${capUsd}/month` } },
      },
    },
    [],
  );
  const sellers = [...open, tight];
  return {
    file,
    folder,
    env,
    sellers,
    tight,
    ledger: join(data, 'ledger.sqlite'),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sellers.map((seller) => seller.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
