// What a replay needs, read from its files: as plain data on one side, so that a thread can open the same for itself.
import { join } from 'node:path';
import type { Clock } from '../../core/ports.ts';
import { createPriorOf, loadCatalogue } from '../../market/catalogue.ts';
import { type Dataset, datasetOf, warmDatasetOf } from './dataset.ts';
import { readEvents, type WorldEvent } from './events.ts';
import { ReplayFault } from './fault.ts';
import { readPriceList } from './price-list.ts';
import { readRecording, type Recording } from './rows.ts';

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
