// A recording made ready to be replayed: prompts classified once, and of every prompt and model the quality, the dollars and the tokens.
import { classify } from '../../classify/classify.ts';
import type { Clock } from '../../core/ports.ts';
import type { Profile } from '../../core/profile.ts';
import type { PriorOf } from '../../market/catalogue.ts';
import { basePrice } from '../../market/rates.ts';
import { ReplayFault } from './fault.ts';
import type { ListPrice, PriceList } from './price-list.ts';
import { requestOf } from './prompt.ts';
import { MOST_USD, type Recorded, type Recording, type Row } from './rows.ts';
import { type Bill, keysFor, type Seller, sellerOf } from './sellers.ts';

export type Prompt = {
  readonly id: string;
  readonly profile: Profile;
  /** What classifying took. */
  readonly micros: number;
  readonly characters: number;
  /** The recording's own label. */
  readonly task: string;
};

/** Tables are by prompt × model, row by row. */
export type Dataset = {
  readonly prompts: readonly Prompt[];
  readonly sellers: readonly Seller[];
  /** NaN where the model has no outcome. */
  readonly quality: Float64Array;
  /** Nano-dollars. */
  readonly cost: Float64Array;
  /** Of the answer. */
  readonly tokens: Float64Array;
};

const promptOf = ({ id, prompt, messages, task, tools }: Row, clock: Clock): Prompt => {
  const from = clock.elapsed();
  const profile = classify(requestOf(messages, tools));
  const micros = (clock.elapsed() - from) * 1000;
  return { id, profile, micros, characters: prompt.length, task: task ?? profile.task };
};

export type DatasetInput = {
  readonly recording: Recording;
  readonly prices: PriceList;
  readonly priorOf: PriorOf;
  readonly clock: Clock;
  /** False: nobody asks for dollars, and what has no price is free. */
  readonly needsDollars: boolean;
  /** Called now and then with the share done. */
  readonly onProgress?: (share: number) => void;
};

const FREE: ListPrice = { input: 0 as ListPrice['input'], output: 0 as ListPrice['output'] };

const unpriced = ({ recording, prices }: DatasetInput, model: string): ReplayFault => {
  const row = recording.rows.find(({ outcomes }) => {
    const outcome = outcomes.get(model);
    return outcome && outcome.costUsd === undefined;
  });
  const remedy =
    prices.size === 0
      ? 'add cost_usd, or name a price list with --prices'
      : 'add it to the price list, or choose models with --models';
  return new ReplayFault(recording.file, row?.line, `${model} has no cost_usd here and no list price; ${remedy}`);
};

const sellersOf = (input: DatasetInput, prompts: readonly Prompt[]): Seller[] => {
  const { recording, prices, priorOf, needsDollars } = input;
  const keys = keysFor(recording.models);
  return recording.models.flatMap((name) => {
    const key = keys.get(name);
    const bills: Bill[] = [];
    let silent = 0;
    recording.rows.forEach(({ outcomes }, at) => {
      const usd = outcomes.get(name)?.costUsd;
      if (usd !== undefined) bills.push({ usd, inputTokens: prompts[at]?.profile.inputTokens ?? 1 });
      else if (outcomes.has(name)) silent += 1;
    });
    const listed = prices.get(name) ?? (needsDollars ? undefined : FREE);
    if (!listed && (silent > 0 || bills.length === 0)) throw unpriced(input, name);
    return key ? [sellerOf({ name, key, listed, bills, priorOf })] : [];
  });
};

/** Dollars per token. */
const unitPrices = ({ sheet }: Seller): { input: number; output: number } => ({
  input: (basePrice(sheet.rates, 'input') ?? 0) / 1e12,
  output: (basePrice(sheet.rates, 'output') ?? 0) / 1e12,
});

/** What is left of a bill after the prompt, as tokens of the answer. */
const tokensFrom = (usd: number, inputTokens: number, { input, output }: { input: number; output: number }): number =>
  output > 0 ? Math.max(1, Math.round((usd - input * inputTokens) / output)) : 1;

type Means = { readonly of: (model: string) => number | undefined; readonly all: number | undefined };

const meanTokens = ({ rows, models }: Recording): Means => {
  const sums = new Map(models.map((model) => [model, { sum: 0, count: 0 }]));
  for (const { outcomes } of rows)
    for (const [model, { outputTokens }] of outcomes) {
      const entry = sums.get(model);
      if (!entry || outputTokens === undefined) continue;
      entry.sum += outputTokens;
      entry.count += 1;
    }
  const mean = (entries: readonly { sum: number; count: number }[]): number | undefined => {
    const count = entries.reduce((total, entry) => total + entry.count, 0);
    return count === 0 ? undefined : entries.reduce((total, entry) => total + entry.sum, 0) / count;
  };
  const known = new Map([...sums].map(([model, entry]) => [model, mean([entry])]));
  return { of: (model) => known.get(model), all: mean([...sums.values()]) };
};

const tooDear = (file: string, line: number, model: string): ReplayFault =>
  new ReplayFault(
    file,
    line,
    `${model} costs more than $${MOST_USD} at its list price; mend its tokens or the price list`,
  );

/** The tables for models on sale at stated prices; also of a second recording of the same models. */
const tablesFor = (recording: Recording, prompts: readonly Prompt[], sellers: readonly Seller[]): Dataset => {
  const size = recording.rows.length * sellers.length;
  const quality = new Float64Array(size).fill(Number.NaN);
  const cost = new Float64Array(size);
  const tokens = new Float64Array(size);
  const means = meanTokens(recording);
  const priced = sellers.map((seller) => ({ seller, unit: unitPrices(seller) }));
  const fill = (place: number, outcome: Recorded, prompt: Prompt, { seller, unit }: (typeof priced)[number]): void => {
    const input = prompt.profile.inputTokens;
    const { costUsd, inputTokens = input } = outcome;
    const billed = costUsd === undefined ? undefined : tokensFrom(costUsd, input, unit);
    // A price read off bills counts in tokens of its own; a listed one in the recording's.
    const said =
      seller.sheet.revision === 'bills'
        ? (billed ?? seller.prior.outputTokens)
        : (outcome.outputTokens ?? billed ?? means.of(seller.name) ?? means.all ?? seller.prior.outputTokens);
    quality[place] = outcome.quality;
    tokens[place] = Math.max(1, Math.round(said));
    cost[place] = Math.round((costUsd ?? unit.input * inputTokens + unit.output * said) * 1e9);
  };
  recording.rows.forEach(({ outcomes, line }, at) => {
    const prompt = prompts[at];
    priced.forEach((each, column) => {
      const outcome = outcomes.get(each.seller.name);
      const place = at * sellers.length + column;
      if (outcome && prompt) fill(place, outcome, prompt, each);
      if ((cost[place] ?? 0) > MOST_USD * 1e9) throw tooDear(recording.file, line, each.seller.name);
    });
  });
  return { prompts, sellers, quality, cost, tokens };
};

/** Classifying takes longest: told of every so many prompts. */
const PROGRESS_EVERY = 200;

const promptsOf = ({
  recording,
  clock,
  onProgress,
}: Pick<DatasetInput, 'recording' | 'clock' | 'onProgress'>): Prompt[] =>
  recording.rows.map((row, at) => {
    if (at % PROGRESS_EVERY === 0) onProgress?.(at / recording.rows.length);
    return promptOf(row, clock);
  });

/** @throws ReplayFault where a price is missing */
export const datasetOf = (input: DatasetInput): Dataset => {
  const prompts = promptsOf(input);
  return tablesFor(input.recording, prompts, sellersOf(input, prompts));
};

/** A second recording, of models that are on sale already: what the stream is not asked about, but may be learned from. */
export const warmDatasetOf = (recording: Recording, { sellers }: Dataset, clock: Clock): Dataset =>
  tablesFor(recording, promptsOf({ recording, clock }), sellers);
