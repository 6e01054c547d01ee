// What comes at which position when a recording is replayed: the order of prompts, and what events make of prices, quality and who is there.
import type { Dataset } from './dataset.ts';
import type { WorldEvent } from './events.ts';

/** What holds at a position; by model, in the order of the sellers. */
export type Weather = {
  readonly price: Float64Array;
  readonly quality: Float64Array;
  readonly isDown: readonly boolean[];
  readonly isHere: readonly boolean[];
  /** Prices or presence differ from the recording's. */
  readonly isPlain: boolean;
};

export type Stream = {
  /** Rows of the dataset in the order they are asked. */
  readonly order: Uint32Array;
  /** First position of each spell of weather, ascending from 0. */
  readonly spells: readonly { readonly from: number; readonly weather: Weather }[];
};

const holds = (event: WorldEvent, position: number): boolean =>
  event.at <= position && !('until' in event && event.until !== undefined && event.until <= position);

const weatherAt = (position: number, events: readonly WorldEvent[], models: readonly string[]): Weather => {
  const price = new Float64Array(models.length).fill(1);
  const quality = new Float64Array(models.length).fill(1);
  const isDown = models.map(() => false);
  const isHere = models.map(() => true);
  for (const event of events) {
    const active = holds(event, position);
    if ('arrives' in event) isHere[models.indexOf(event.arrives.model)] = active;
    else if (!active) continue;
    else if ('price' in event) multiply(price, models.indexOf(event.price.model), event.price.times);
    else if ('quality' in event) multiply(quality, models.indexOf(event.quality.model), event.quality.times);
    else isDown[models.indexOf(event.outage.model)] = true;
  }
  return { price, quality, isDown, isHere, isPlain: events.length === 0 };
};

const multiply = (factors: Float64Array, at: number, times: number): void => {
  if (at >= 0) factors[at] = (factors[at] ?? 1) * times;
};

export const streamOf = (order: Uint32Array, events: readonly WorldEvent[], dataset: Dataset): Stream => {
  const models = dataset.sellers.map(({ name }) => name);
  const edges = events.flatMap((event) => ['until' in event ? event.until : undefined, event.at]);
  const starts = [...new Set([0, ...edges.filter((edge) => edge !== undefined)])].sort((a, b) => a - b);
  return { order, spells: starts.map((from) => ({ from, weather: weatherAt(from, events, models) })) };
};

/** Every outcome there was to be had, by position × model: NaN quality where the model could not have been asked. */
export type Offered = {
  readonly models: number;
  readonly length: number;
  readonly quality: Float64Array;
  /** Nano-dollars. */
  readonly cost: Float64Array;
  /** 1 where the model was down: asking it gave nothing and cost nothing. */
  readonly down: Uint8Array;
};

/** Walks positions in order with the weather of each. */
export const walk = (
  { order, spells }: Stream,
  visit: (position: number, row: number, weather: Weather) => void,
): void => {
  let spell = 0;
  for (let position = 0; position < order.length; position++) {
    while ((spells[spell + 1]?.from ?? Number.POSITIVE_INFINITY) <= position) spell += 1;
    const weather = spells[spell]?.weather;
    if (weather) visit(position, order[position] ?? 0, weather);
  }
};

export const offeredBy = (stream: Stream, dataset: Dataset): Offered => {
  const models = dataset.sellers.length;
  const length = stream.order.length;
  const quality = new Float64Array(length * models).fill(Number.NaN);
  const cost = new Float64Array(length * models);
  const down = new Uint8Array(length * models);
  walk(stream, (position, row, weather) => {
    for (let model = 0; model < models; model++) {
      const from = row * models + model;
      const to = position * models + model;
      if (!weather.isHere[model]) continue;
      const recorded = dataset.quality[from] ?? Number.NaN;
      if (Number.isNaN(recorded)) continue;
      const isDown = weather.isDown[model] ?? false;
      down[to] = Number(isDown);
      quality[to] = isDown ? 0 : Math.min(1, recorded * (weather.quality[model] ?? 1));
      cost[to] = isDown ? 0 : Math.round((dataset.cost[from] ?? 0) * (weather.price[model] ?? 1));
    }
  });
  return { models, length, quality, cost, down };
};
