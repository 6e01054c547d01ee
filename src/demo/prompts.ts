// What prompts.yaml may contain, and how a template becomes the words of one request.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { JsonObject } from '../core/chat.ts';
import type { Rng } from '../core/ports.ts';
import { BANDS, type Band, TASKS } from '../core/profile.ts';
import { pick } from './draw.ts';

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());

const template = z.strictObject({
  task: z.enum(TASKS),
  difficulty: z.number().min(0).max(1),
  system: z.string().optional(),
  say: z.string(),
  /** What the same person asks next, turn by turn. */
  next: z.array(z.string()).default([]),
  schema: z.string().optional(),
  tools: z.array(z.string()).default([]),
});

const file = z.strictObject({
  slots: z.record(z.string(), z.union([z.array(z.string()), z.string().regex(/^\d+\.\.\d+$/)])),
  schemas: z.record(z.string(), json),
  tools: z.record(z.string(), z.strictObject({ description: z.string(), parameters: json })),
  templates: z.array(template),
});

export type Template = z.infer<typeof template>;
export type Prompts = z.infer<typeof file>;

export const loadPrompts = (): Prompts =>
  file.parse(parse(readFileSync(join(import.meta.dirname, 'prompts.yaml'), 'utf8')));

export const bandOf = ({ difficulty }: { readonly difficulty: number }): Band => {
  const third = difficulty < 0.35 ? 0 : difficulty < 0.65 ? 1 : 2;
  return BANDS[third];
};

const drawSlot = (rng: Rng, values: Prompts['slots'][string]): string => {
  if (Array.isArray(values)) return pick(rng, values);
  const [from = 0, to = 0] = values.split('..').map(Number);
  return String(from + Math.floor(rng.next() * (to - from + 1)));
};

/** Fills every slot of some texts; a slot has one value throughout. An unknown slot is an error in the file. */
export const fill = (texts: readonly string[], slots: Prompts['slots'], rng: Rng): readonly string[] => {
  const values = new Map(Object.entries(slots).map(([name, list]) => [name, drawSlot(rng, list)]));
  return texts.map((text) =>
    text.replace(/\{([a-z]+)\}/gi, (whole, name: string) => {
      const value = values.get(name);
      if (value === undefined) throw new RangeError(`prompts.yaml: no slot ${whole}`);
      return value;
    }),
  );
};
