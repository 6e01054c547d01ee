// What happens to the world while a recording is replayed: prices change, a model gets worse, is down, or arrives. A strict file, faults with their line.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { didYouMean } from '../../policy/suggest.ts';
import { formatProblem, readYaml } from '../../policy/yaml-file.ts';
import { ReplayFault } from './fault.ts';

const MOST_EVENTS = 1_000;
const MOST_TIMES = 1_000;

const position = z.int().min(0).describe('How many requests have gone before it.');
const model = z.string().min(1).max(200).describe('As the recording names it.');
const times = z.number().min(0).max(MOST_TIMES);
const until = position.optional().describe('Where it ends; without one it lasts.');

const Event = z.union([
  z.strictObject({ at: position, until, price: z.strictObject({ model, times }) }),
  z.strictObject({ at: position, until, quality: z.strictObject({ model, times }) }),
  z.strictObject({ at: position, until, outage: z.strictObject({ model }) }),
  z.strictObject({ at: position, arrives: z.strictObject({ model }) }),
]);

export type WorldEvent = z.output<typeof Event>;

const named = (event: WorldEvent): { readonly kind: string; readonly model: string } => {
  if ('price' in event) return { kind: 'price', model: event.price.model };
  if ('quality' in event) return { kind: 'quality', model: event.quality.model };
  if ('outage' in event) return { kind: 'outage', model: event.outage.model };
  return { kind: 'arrives', model: event.arrives.model };
};

/** The schema for a recording with these models. */
const eventFile = (models: readonly string[]) =>
  z
    .array(Event)
    .min(1)
    .max(MOST_EVENTS)
    .superRefine((events, context) => {
      for (const [number, event] of events.entries()) {
        const { kind, model: name } = named(event);
        if (!models.includes(name))
          context.addIssue({
            code: 'custom',
            path: [number, kind, 'model'],
            message: `no model ${name} is replayed${didYouMean(name, models)}`,
          });
        if ('until' in event && event.until !== undefined && event.until <= event.at)
          context.addIssue({ code: 'custom', path: [number, 'until'], message: `is not after ${event.at}` });
      }
    });

/** Pure. @throws Error with file:line:column of each fault */
export const eventsIn = (text: string, path: string, models: readonly string[]): readonly WorldEvent[] => {
  const read = readYaml(text, path, eventFile(models));
  if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
};

export const readEvents = async (path: string, models: readonly string[]): Promise<readonly WorldEvent[]> => {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new ReplayFault(path, undefined, 'there is no such file of events; check the path');
  });
  return eventsIn(text, path, models);
};
