// Seeds that once found something: played first, for ever.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { TROUBLES } from './kinds.ts';
import type { Failing } from './shrink.ts';

const FILE = new URL('kept-seeds.json', import.meta.url);

const Kept = z.array(
  z.strictObject({
    seed: z.int(),
    requests: z.int().positive(),
    without: z.array(z.enum(TROUBLES)),
    invariant: z.string(),
    /** What it was. */
    about: z.string(),
  }),
);
export type Kept = z.output<typeof Kept>[number];

export const keptSeeds = (): readonly Kept[] => Kept.parse(JSON.parse(readFileSync(FILE, 'utf8')));

/** Adds a seed that has just failed; one that is known is not added twice. */
export const keep = ({ seed, requests, without = [], invariant }: Failing): void => {
  const kept = keptSeeds();
  if (kept.some((each) => each.seed === seed && each.invariant === invariant)) return;
  const found = { seed, requests, without, invariant, about: 'found and not yet explained' };
  writeFileSync(FILE, `${JSON.stringify([...kept, found], null, 2)}\n`);
};
