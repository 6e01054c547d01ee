// What a replay needs, read from its files: as plain data on one side, so that a thread can open the same for itself.
import { join } from 'node:path';
import type { Clock } from '../../core/ports.ts';
import { createPriorOf, loadCatalogue } from '../../market/catalogue.ts';
import { type Dataset, datasetOf, warmDatasetOf } from './dataset.ts';
import { readEvents, type WorldEvent } from './events.ts';
import { ReplayFault } from './fault.ts';
import { readPriceList } from './price-list.ts';
import { MOST_USD, readRecording, type Recording } from './rows.ts';
import { streamOf } from './stream.ts';

const CATALOGUE = join(import.meta.dirname, '../../../pricing/catalogue.yaml');

/** Plain data. Paths are as the caller's working directory reads them. */
export type ReplayFiles = {
  readonly data: string;
  readonly models?: readonly string[];
  readonly prices?: string;
  readonly warm?: string;
  readonly events?: string;
  /** False: nobody asks for dollars, and what has no price is free. */
  readonly needsDollars: boolean;
};

export type OpenedReplay = {
  readonly recording: Recording;
  readonly dataset: Dataset;
  readonly warm?: Dataset;
  readonly events: readonly WorldEvent[];
};

/** Sums of money stay whole up to here: see MOST_USD. @throws ReplayFault */
const checkDearest = (file: string, events: readonly WorldEvent[], dataset: Dataset): void => {
  const { spells } = streamOf(new Uint32Array(), events, dataset);
  dataset.sellers.forEach(({ name }, column) => {
    const times = Math.max(...spells.map(({ weather }) => weather.price[column] ?? 1));
    let dearest = 0;
    for (let place = column; place < dataset.cost.length; place += dataset.sellers.length)
      dearest = Math.max(dearest, dataset.cost[place] ?? 0);
    if (times > 1 && dearest * times > MOST_USD * 1e9)
      throw new ReplayFault(file, undefined, `an answer of ${name} would cost more than $${MOST_USD}; lower its times`);
  });
};

export type OpenTools = {
  readonly clock: Clock;
  /** Asked before prompts are classified, which takes longest. Throws to refuse. */
  readonly check?: (recording: Recording) => void;
  readonly onProgress?: (share: number) => void;
};

/** @throws ReplayFault, or Error with one file:line:column a line */
export const openReplay = async (
  files: ReplayFiles,
  { clock, check, onProgress }: OpenTools,
): Promise<OpenedReplay> => {
  const prices = files.prices === undefined ? new Map() : await readPriceList(files.prices);
  const recording = await readRecording(files.data, files.models);
  check?.(recording);
  const events = files.events === undefined ? [] : await readEvents(files.events, recording.models);
  const dataset = datasetOf({
    recording,
    prices,
    priorOf: createPriorOf(loadCatalogue(CATALOGUE)),
    clock,
    needsDollars: files.needsDollars,
    ...(onProgress ? { onProgress } : {}),
  });
  if (files.events !== undefined) checkDearest(files.events, events, dataset);
  if (files.warm === undefined) return { recording, dataset, events };
  const learned = await readRecording(files.warm);
  if (!learned.models.some((model) => recording.models.includes(model)))
    throw new ReplayFault(
      files.warm,
      undefined,
      'has no outcome of any model that is replayed; warm up from one that has',
    );
  return { recording, dataset, events, warm: warmDatasetOf(learned, dataset, clock) };
};
