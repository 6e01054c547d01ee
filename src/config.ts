// Where the process begins: environment and bourse.yaml become one Config. The only reader of process.env.
import { existsSync, readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { KNOWN_PROVIDERS } from './adapters/known.ts';
import { ConfigFile, LISTEN, type OfferEntry, type ProviderEntry } from './config/file.ts';
import { type DrainConfig, drainOf, type TimeoutsConfig, timeoutsOf } from './config/patience.ts';
import { type ProbesConfig, probesOf } from './config/probes.ts';
import type { DialectName } from './core/dialect.ts';
import type { DataTerms } from './core/offer.ts';
import { formatProblem, readYaml } from './policy/yaml-file.ts';

export type ProviderConfig = {
  readonly name: string;
  readonly dialect: DialectName;
  readonly baseUrl: string;
  /** Absent: the server takes none. Never printed. */
  readonly key?: string;
  /** Below baseUrl: a model list with the seller's own prices. */
  readonly pricesPath?: string;
  /** What those are in where the list does not say; absent: USD. */
  readonly pricesCurrency?: string;
  readonly data: DataTerms;
  /** What its entry says of calls that come to nothing. */
  readonly billing?: ProviderEntry['billing'];
  readonly spend?: ProviderEntry['spend'];
  readonly offers: readonly OfferEntry[];
};

export type Config = Pick<ConfigFile, 'keys' | 'allow' | 'prices' | 'durability' | 'log'> & {
  readonly host: string;
  readonly port: number;
  readonly providers: readonly ProviderConfig[];
  readonly probes: ProbesConfig;
  readonly timeouts: TimeoutsConfig;
  readonly drain: DrainConfig;
  /** What was found but cannot be used, and what would help. */
  readonly warnings: readonly string[];
  /** Absolute. */
  readonly policies: string;
  /** Absolute. */
  readonly data: string;
  readonly redis?: string;
  readonly database?: string;
  /** Signs feedback tokens; absent: one is made and kept in the data folder. */
  readonly secret?: string;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export const environment: Environment = process.env;

export const DEFAULT_CONFIG_FILE = 'bourse.yaml';
const UNKNOWN_TERMS: DataTerms = { training: 'unknown', retention: 'unknown', regions: [], selfHosted: false };

/** Secrets may stand in a file named by NAME_FILE, as container platforms mount them. */
const secretOf = (env: Environment, name: string): string | undefined => {
  const value = env[name];
  if (value) return value;
  const file = env[`${name}_FILE`];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (cause) {
    throw new Error(`the file ${file}, named by ${name}_FILE, cannot be read`, { cause });
  }
};

/** A keyless server is found by its address: OLLAMA_BASE_URL, VLLM_BASE_URL. */
const addressVariable = (name: string): string => `${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_BASE_URL`;

const termsOf = (entry: ProviderEntry, known: DataTerms): DataTerms =>
  entry.data
    ? {
        training: entry.data.training,
        retention: entry.data.retention,
        regions: entry.data.regions,
        selfHosted: entry.data.self_hosted,
      }
    : known;

const resolveProvider = (name: string, entry: ProviderEntry, env: Environment): ProviderConfig | string => {
  const known = Object.hasOwn(KNOWN_PROVIDERS, name) ? KNOWN_PROVIDERS[name] : undefined;
  const dialect = entry.dialect ?? known?.dialect;
  const baseUrl = entry.base_url ?? env[addressVariable(name)] ?? known?.baseUrl;
  const keyEnv = entry.key_env ?? known?.keyEnv;
  const key = keyEnv === undefined ? undefined : secretOf(env, keyEnv);
  if (!dialect) return `provider "${name}" is not known here: give it a dialect (chat, messages or gemini)`;
  if (!baseUrl) return `provider "${name}" has no address: give it a base_url, or set ${addressVariable(name)}`;
  const needsKey = entry.key_env !== undefined || (known !== undefined && !known.keyless);
  if (needsKey && key === undefined) return `provider "${name}" has no key: set ${keyEnv ?? 'key_env'}`;
  return {
    name,
    dialect,
    baseUrl,
    ...(key === undefined ? {} : { key }),
    ...(entry.prices_path === undefined ? {} : { pricesPath: entry.prices_path }),
    ...(entry.prices_currency === undefined ? {} : { pricesCurrency: entry.prices_currency }),
    data: termsOf(entry, known?.data ?? UNKNOWN_TERMS),
    ...(entry.billing && { billing: entry.billing }),
    ...(entry.spend && { spend: entry.spend }),
    offers: entry.offers ?? [],
  };
};

/** Known providers whose key, or address where they take no key, stands in the environment. */
const discovered = (env: Environment): string[] =>
  Object.entries(KNOWN_PROVIDERS).flatMap(([name, known]) => {
    const found = known.keyless ? env[addressVariable(name)] : known.keyEnv && secretOf(env, known.keyEnv);
    return found ? [name] : [];
  });

/** @throws Error with every problem as file:line:column path message */
const readFile = (path: string): ConfigFile => {
  const read = readYaml(readFileSync(path, 'utf8'), path, ConfigFile);
  if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
};

const splitListen = (listen: string): { host: string; port: number } => {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
};

const SHIPPED_POLICIES = join(import.meta.dirname, '../policies');

const policiesAt = (base: string, named: string | undefined): string => {
  const here = resolve(base, named ?? 'policies');
  return named === undefined && !existsSync(here) ? SHIPPED_POLICIES : here;
};

/** By address: a name such as 127.example.com is somebody else's to point anywhere. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

/** @throws Error where the environment says it wrongly; the file's own was checked with the file */
const listenOf = (env: Environment, file: ConfigFile): { host: string; port: number } => {
  const stated = env['BOURSE_LISTEN'];
  if (!stated) return splitListen(file.listen);
  const { success, data } = LISTEN.safeParse(stated);
  if (!success) throw new Error(`BOURSE_LISTEN: expected host:port, such as 127.0.0.1:8080; found ${stated}`);
  return splitListen(data);
};

/**
 * @param path a configuration file; without one, bourse.yaml here if there is one, else the defaults
 * @throws Error that names the place and the remedy
 */
export const loadConfig = (path: string | undefined, env: Environment = environment): Config => {
  const found = path ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  if (path !== undefined && !existsSync(path)) throw new Error(`there is no file ${path}`);
  const file = found === undefined ? ConfigFile.parse({}) : readFile(found);
  const base = found === undefined ? process.cwd() : dirname(resolve(found));
  const entries: Record<string, ProviderEntry> = {
    ...Object.fromEntries(discovered(env).map((name) => [name, {}])),
    ...file.providers,
  };
  const resolved = Object.entries(entries).map(([name, entry]) => resolveProvider(name, entry, env));
  const { host, port } = listenOf(env, file);
  if (file.keys.length === 0 && !isLoopback(host))
    throw new Error(
      `without keys Bourse listens on loopback only, not on ${host}: run "bourse keys create" and put its line under keys:`,
    );
  const redis = secretOf(env, 'REDIS_URL') ?? file.redis;
  const database = secretOf(env, 'DATABASE_URL') ?? file.database;
  const secret = secretOf(env, 'BOURSE_SECRET');
  return {
    host,
    port,
    providers: resolved.filter((each) => typeof each !== 'string'),
    warnings: resolved.filter((each) => typeof each === 'string'),
    keys: file.keys,
    allow: file.allow,
    prices: file.prices,
    probes: probesOf(file.probes),
    timeouts: timeoutsOf(file.timeouts),
    drain: drainOf(file.drain),
    durability: file.durability,
    log: file.log,
    policies: policiesAt(base, file.policies),
    data: resolve(base, file.data),
    ...(redis ? { redis } : {}),
    ...(database ? { database } : {}),
    ...(secret ? { secret } : {}),
  };
};
