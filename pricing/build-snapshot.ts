// Builds pricing/prices.json from saved feeds, with the very code that merges them live: node pricing/build-snapshot.ts --feeds DIR
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isPriced } from '../src/core/cost.ts';
import type { OfferKey } from '../src/core/offer.ts';
import { consensusOf } from '../src/market/consensus.ts';
import { GENAI_PRICES, parseGenaiPrices } from '../src/market/feeds/genai-prices.ts';
import { revisionOf } from '../src/market/feeds/kept.ts';
import { LITELLM, parseLitellm } from '../src/market/feeds/litellm.ts';
import { MODELS_DEV, parseModelsDev } from '../src/market/feeds/models-dev.ts';
import { OPENROUTER, parseOpenrouter } from '../src/market/feeds/openrouter.ts';
import { createCanonicaliser } from '../src/market/identity.ts';
import { loadAliases } from '../src/market/identity-aliases.ts';
import { listingsOf, type NamedReading, peersOf } from '../src/market/listings.ts';
import { type Merged, packSnapshot, snapshotText } from './pack.ts';

const SOURCES = [
  { prefix: 'models.dev-', spec: MODELS_DEV, parse: parseModelsDev },
  { prefix: 'genai-prices-v2-', spec: GENAI_PRICES, parse: parseGenaiPrices },
  { prefix: 'openrouter-models-', spec: OPENROUTER, parse: parseOpenrouter },
  { prefix: 'litellm-', spec: LITELLM, parse: parseLitellm },
] as const;

const readFeeds = (directory: string): readonly NamedReading[] => {
  const files = readdirSync(directory).toSorted();
  return SOURCES.map(({ prefix, spec, parse }) => {
    const file = files.findLast((name) => name.startsWith(prefix) && name.endsWith('.json'));
    const date = /\d{4}-\d{2}-\d{2}/.exec(file ?? '')?.[0];
    if (!file || !date) throw new Error(`no ${prefix}YYYY-MM-DD.json in ${directory}`);
    const text = readFileSync(join(directory, file), 'utf8');
    const { name, lineage, precedence } = spec;
    return { name, lineage, precedence, revision: revisionOf(text), observedAt: Date.parse(date), ...parse(text) };
  });
};

/** Plans one subscribes to and tools that resell to their own users: no API that a router could call. */
const NOT_AN_API = /coding|token-plan|copilot|gitlab|^opencode|^poe$|^v0$|^chatgpt$|-agent$|^umans|^freemodel$/;
/** They resell the others under prices one feed copied once; kept where a second source agrees. */
const GATEWAY =
  /^(kilo|nano-gpt|llmgateway|zenmux|merge-gateway|orcarouter|helicone|302ai|abacus|cortecs|jiekou|requesty|fastrouter|aihubmix|frogbot|sap-ai-core|neon|meganova|routing-run|auriko|vivgrid|qihang-ai|cloudflare-ai-gateway|azure-cognitive-services)$/;
/** Labs Bourse has an adapter for, and the author of what they sell: all of that is kept. */
const LABS: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['gemini', 'google'],
  ['deepseek', 'deepseek'],
  ['mistral', 'mistral'],
  ['qwen', 'alibaba'],
  ['xai', 'xai'],
]);
/** Open weights their author gives away and does not serve; one feed prices them all the same. */
const NOT_SERVED = /^openai:openai\/gpt-oss-/;

/** One feed files what a cloud of the same house resells under the lab itself; the lab's own API does not know it. */
const isSoldBy = (lab: string, offer: OfferKey): boolean =>
  offer.startsWith(`${lab}:${LABS.get(lab)}/`) && !NOT_SERVED.test(offer);

/** What only one aggregator lists and nobody confirms is as likely a leftover as an offer. */
const isKept = ({ listing, sheet, lineages }: Merged): boolean => {
  const { offer, provider, identity, listed } = listing;
  if (!isPriced(sheet) || NOT_AN_API.test(provider)) return false;
  // What OpenRouter itself no longer lists it no longer sells.
  if (provider === 'openrouter') return listed.some(({ quotation }) => quotation.feed === 'openrouter');
  if (LABS.has(provider)) return isSoldBy(provider, offer);
  if (lineages > 1) return true;
  if (GATEWAY.test(provider) || !identity.known) return false;
  const plain = identity.snapshot === undefined && identity.variants.length === 0;
  return plain || listed.some(({ quotation }) => quotation.precedence < 2);
};

const merge = (readings: readonly NamedReading[], at: number): readonly Merged[] => {
  const canonicalise = createCanonicaliser(loadAliases(new URL('aliases.json', import.meta.url)));
  const listings = listingsOf(readings, canonicalise);
  const peers = peersOf(listings.values());
  return [...listings.values()].flatMap((listing) => {
    const market = peers.get(listing.identity.model);
    const quotations = listing.listed.map(({ quotation }) => quotation);
    const { offer, provider } = listing;
    const { sheet, lineages } = consensusOf({ offer, provider, quotations, ...(market ? { peers: market } : {}) }, at);
    return sheet ? [{ listing, sheet, lineages: lineages.length }] : [];
  });
};

const { values } = parseArgs({ options: { feeds: { type: 'string' } } });
if (!values.feeds) throw new Error('say where the feeds are: --feeds DIR');
const readings = readFeeds(values.feeds);
const at = Math.max(...readings.map((reading) => reading.observedAt));
const file = packSnapshot(merge(readings, at).filter(isKept), readings, at);
writeFileSync(new URL('prices.json', import.meta.url), snapshotText(file));
process.stdout.write(
  `${file.rows.length} offers of ${file.models.length} models at ${file.providers.length} providers, as of ${file.asOf}\n`,
);
