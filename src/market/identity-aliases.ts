// The alias table: what authors are called, which names are one model, and which ids mean something else at one seller.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9._:@-]*$/);
const key = z.string().regex(/^[a-z0-9][a-z0-9._-]*\/[a-z0-9][a-z0-9._:@-]*$/);

export const AliasesSchema = z.strictObject({
  version: z.literal(1),
  about: z.string(),
  /** Ours → what paths and vendors call it. */
  authors: z.record(name, z.array(z.string())),
  /** Start of a name → author; the longest that fits decides. */
  families: z.record(z.string(), name),
  /** Starts of names of open weights, where serving suffixes are not part of the model. */
  openWeights: z.array(z.string()),
  /** Model → other names of it, as the steps propose them. */
  models: z.record(key, z.array(z.string())),
  /** Seller → id as it stands → model, where the same word means another model than elsewhere. */
  exact: z.record(name, z.record(z.string(), key)),
});
export type Aliases = z.infer<typeof AliasesSchema>;

export const parseAliases = (json: unknown): Aliases => AliasesSchema.parse(json);

/** @throws when the file is missing or not an alias table: without identity no price can be trusted */
export const loadAliases = (path: string | URL): Aliases => parseAliases(JSON.parse(readFileSync(path, 'utf8')));
