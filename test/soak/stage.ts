// A router in a process of its own and one seller that does what the model's name says: where clients misbehave.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/world.ts';
import { callsOf, openToRead, verified, viewsIn } from '../crash/ledger.ts';
import { judgeKill } from '../crash/judge.ts';
import type { Asked } from '../crash/load.ts';
import { SELLERS, type SellerName } from '../faults/sellers.ts';
import { temporaryFolder, writeSetup } from '../support/bourse.ts';
import { type Serving, startServe } from '../support/process.ts';
import type { Script } from '../support/truth-bill/acts.ts';
import { startProvider, type TruthBill } from '../support/truth-bill/provider.ts';

export type Check = { readonly what: string; readonly findings: readonly string[] };

export type StageOf = {
  readonly seller?: SellerName;
  /** By model; each has a policy of its own, named after it. */
  readonly scripts: Readonly<Record<string, Script>>;
  /** Over those policies. */
  readonly policy?: object;
  readonly config?: object;
  /** USD per million tokens. */
  readonly price?: readonly [input: number, output: number];
};

export type Stage = AsyncDisposable & {
  readonly serving: Serving;
  readonly seller: TruthBill;
  /** Stops the router; what it has on its books against the seller's own bill. */
  close(asked: readonly Asked[]): Promise<readonly string[]>;
};

const pico = (usd: number): bigint => BigInt(Math.round(usd * 1e6));

export const openStage = async ({
  seller: name = 'openai',
  scripts,
  policy,
  config,
  price,
}: StageOf): Promise<Stage> => {
  const { dialect, billing, price: usual } = SELLERS[name];
  const [input, output] = price ?? usual;
  const prices = { input: pico(input), output: pico(output) };
  const seller = await startProvider({ seller: name, dialect, prices, billing, seed: 7, clock: systemClock });
  const models = Object.keys(scripts);
  for (const [model, script] of Object.entries(scripts)) seller.set(`lab/${model}`, script);
  const folder = temporaryFolder();
  const spec = {
    name,
    dialect,
    base_url: `${seller.url}${dialect === 'gemini' ? '/v1beta' : '/v1'}`,
    sells: models.map((model) => ({ model: `lab/${model}`, wireId: `lab/${model}`, price: [input, output] as const })),
  };
  const policies = Object.fromEntries(
    models.map((model) => [model, { models: [`lab/${model}`], objective: 'cheapest', ...policy }]),
  );
  const { file, env, data } = writeSetup(folder, { sellers: [spec], policies, ...(config ? { config } : {}) }, []);
  const serving = await startServe(file, { cwd: folder, env });
  const place = { sellers: [seller], ledger: join(data, 'ledger.sqlite') };
  return {
    serving,
    seller,
    close: async (asked) => {
      await serving.stop();
      await using ledger = await openToRead(place);
      const views = await viewsIn(ledger, { from: 0, to: Number.MAX_SAFE_INTEGER });
      const killedAt = systemClock.elapsed();
      const { findings } = judgeKill({ asked, views, calls: callsOf(place), said: '', killedAt });
      return [...findings, ...(await verified(file))];
    },
    [Symbol.asyncDispose]: async () => {
      await serving.kill();
      await seller.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
