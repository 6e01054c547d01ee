// The whole router in this process, on loopback, over real sockets to upstreams that play what a test tells them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { type App, type AppWorld, createApp } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { DialectName } from '../../src/core/dialect.ts';
import { seededRng, systemClock } from '../../src/world.ts';
import { startUpstream, type Upstream } from './upstream.ts';

export type Sells = {
  readonly model: string;
  readonly wireId?: string;
  /** USD per million tokens; null: declared without a price. */
  readonly price?: readonly [input: number, output: number] | null;
  readonly cached?: number;
  readonly context?: string;
  readonly maxOutput?: string;
  readonly lacks?: readonly ('tools' | 'vision' | 'json')[];
  readonly continues?: boolean;
};

export type SellerSpec = {
  readonly name: string;
  readonly dialect: DialectName;
  readonly sells: readonly Sells[];
  readonly data?: object;
  readonly billing?: object;
  /** What may be spent there, such as $5/day. */
  readonly spend?: string;
  readonly prices_path?: string;
  /** Instead of an upstream of its own. */
  readonly base_url?: string;
};

export type Policies = Readonly<Record<string, object>>;

export type Setup = {
  readonly sellers: readonly SellerSpec[];
  /** By name, without version, name and about; `auto` is there in any case. */
  readonly policies?: Policies;
  /** Laid over bourse.yaml. */
  readonly config?: object;
  readonly world?: Partial<AppWorld>;
};

const usd = (amount: number): string => `$${amount.toFixed(6).replace(/\.?0+$/, '')}/M`;

const offerOf = ({
  model,
  wireId,
  price = [1, 2],
  cached,
  context = '128k',
  maxOutput,
  lacks = [],
  continues = false,
}: Sells) => ({
  model,
  wire_id: wireId ?? `${model.slice(model.indexOf('/') + 1)}-wire`,
  context,
  ...(maxOutput === undefined ? {} : { max_output: maxOutput }),
  ...(price === null
    ? {}
    : {
        price: {
          input: usd(price[0]),
          output: usd(price[1]),
          ...(cached === undefined ? {} : { cached_input: usd(cached) }),
        },
      }),
  tools: !lacks.includes('tools'),
  vision: !lacks.includes('vision'),
  json: !lacks.includes('json'),
  ...(continues ? { continues } : {}),
});

const keyName = (name: string): string => `${name.toUpperCase()}_API_KEY`;
/** What may never be seen anywhere but in an upstream's headers. */
export const secretOf = (name: string): string => `sk-${name}-0123456789-secret`;

/** Nothing is left to chance: the first choice is the one the means favour. */
const CALM = { explore: { share: '0%' }, feedback: { holdout: '0%' } };

/** Writes bourse.yaml and the policies as files: what a person would have, so that nothing of the way in is left out. */
export const writeSetup = (folder: string, { sellers, policies = {}, config = {} }: Setup, urls: readonly string[]) => {
  mkdirSync(join(folder, 'policies'), { recursive: true });
  for (const [name, policy] of Object.entries({ auto: {}, ...policies }))
    writeFileSync(
      join(folder, 'policies', `${name}.yaml`),
      JSON.stringify({ version: 1, name, about: `The ${name} of a test.`, ...CALM, ...policy }, null, 2),
    );
  const providers = Object.fromEntries(
    sellers.map(({ name, dialect, sells, data, billing, spend, prices_path, base_url }, at) => [
      name,
      {
        dialect,
        base_url: base_url ?? `${urls[at] ?? ''}${dialect === 'gemini' ? '/v1beta' : '/v1'}`,
        key_env: keyName(name),
        ...(data === undefined ? {} : { data }),
        ...(billing === undefined ? {} : { billing }),
        ...(spend === undefined ? {} : { spend }),
        ...(prices_path === undefined ? {} : { prices_path }),
        offers: sells.map(offerOf),
      },
    ]),
  );
  const file = join(folder, 'bourse.yaml');
  const content = {
    listen: '127.0.0.1:0',
    drain: { notice: 'none' },
    prices: { feeds: 'off' },
    probes: 'off',
    log: 'silent',
    providers,
    ...config,
  };
  writeFileSync(file, JSON.stringify(content, null, 2));
  const env = Object.fromEntries(sellers.map(({ name }) => [keyName(name), secretOf(name)]));
  return { file, env, data: join(folder, 'data') };
};

export type Bourse = AsyncDisposable & {
  /** Of the latest start. */
  readonly app: App;
  readonly config: Config;
  readonly folder: string;
  readonly url: string;
  readonly openai: OpenAI;
  /** What the operator was told. */
  readonly said: string[];
  readonly upstream: (seller: string) => Upstream;
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
  /** The body of a GET, parsed. */
  readonly read: (path: string) => Promise<ReturnType<typeof JSON.parse>>;
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
  /** Closes the router and opens it again on the same data. */
  restart(): Promise<void>;
};

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'bourse-e2e-'));

const open = async (config: Config, world: AppWorld) => {
  const app = await createApp(config, world);
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { app, url, openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 }) };
};

export const startBourse = async (setup: Setup): Promise<Bourse> => {
  const folder = temporaryFolder();
  const upstreams = await Promise.all(setup.sellers.map(() => startUpstream()));
  const urls = upstreams.map(({ url }) => url);
  const { file, env } = writeSetup(folder, setup, urls);
  const config = loadConfig(file, env);
  const said: string[] = [];
  const world: AppWorld = {
    clock: systemClock,
    rng: seededRng(7),
    say: (line) => void said.push(line),
    ...setup.world,
  };
  let running = await open(config, world);
  const get = (path: string, init: RequestInit = {}) => fetch(`${running.url}${path}`, init);
  return {
    get app() {
      return running.app;
    },
    get url() {
      return running.url;
    },
    get openai() {
      return running.openai;
    },
    config,
    folder,
    said,
    upstream: (seller) => {
      const found = upstreams[setup.sellers.findIndex(({ name }) => name === seller)];
      if (!found) throw new RangeError(`no seller ${seller}`);
      return found;
    },
    get,
    read: async (path) => JSON.parse(await (await get(path)).text()),
    post: (path, body, headers = {}) =>
      get(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    restart: async () => {
      running.app.server.server.closeAllConnections();
      await running.app.close();
      running = await open(config, world);
    },
    [Symbol.asyncDispose]: async () => {
      running.app.server.server.closeAllConnections();
      await running.app.close();
      await Promise.all(upstreams.map((upstream) => upstream.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** As many turns of the event loop as it takes; for what happens just after an answer. The test's own timeout is the bound. */
export const until = async <Value>(look: () => Promise<Value | undefined> | Value | undefined): Promise<Value> => {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** An answer is out before its outcome is on the record: waits for the record. */
export const settled = ({ app }: Pick<Bourse, 'app'>, requestId: string) =>
  until(async () => {
    const view = await app.ledger.request(requestId);
    return view?.outcome ? { ...view, outcome: view.outcome } : undefined;
  });
