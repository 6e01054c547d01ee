// A reading of a feed as one process hands it to another: compressed, bounded, and checked before it is believed.
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { NamedReading } from '../market/listings.ts';

/** Unpacked; the largest feed of today takes 3 MB. */
const MOST_BYTES = 64 * 1024 * 1024;

const ReadingSchema = z.looseObject({
  name: z.string(),
  lineage: z.string(),
  precedence: z.int(),
  revision: z.string(),
  observedAt: z.number(),
  rows: z.array(
    z.looseObject({
      provider: z.string(),
      wireId: z.string(),
      sheet: z.object({ rates: z.array(z.looseObject({ meter: z.string(), price: z.number().nullable() })) }),
    }),
  ),
  skipped: z.array(z.string()),
});

export const packReading = (reading: NamedReading): Uint8Array => gzipSync(JSON.stringify(reading));

/** @throws when the bytes are not what a process of this version packs */
export const unpackReading = (bytes: Uint8Array): NamedReading =>
  ReadingSchema.parse(JSON.parse(gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString('utf8'))) as NamedReading;
