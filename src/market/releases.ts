// What people have accepted that the quarantine holds: one line each in a file beside the ledger, with who, when and why.
import { z } from 'zod';
import { type PicoUsdPerUnit, priceFromUsdPerMillion } from '../core/money.ts';
import type { OfferKey } from '../core/offer.ts';
import type { Rate } from '../core/price.ts';
import { basePrice, samePrice } from './rates.ts';

/** Accepts one price of one offer, and no other that may come along. */
export type Release = {
  readonly offer: OfferKey;
  readonly input: PicoUsdPerUnit;
  readonly output: PicoUsdPerUnit;
  readonly by: string;
  readonly reason: string;
  /** Epoch ms. */
  readonly at: number;
};

/** Long enough for a price list to be read again, short enough that an old yes does not answer a new question. */
const GOOD_FOR_MS = 90 * 24 * 3600 * 1000;
const MOST_RELEASES = 10_000;
const LONGEST_TEXT = 200;

const LineSchema = z.strictObject({
  offer: z.string().min(1).max(500),
  input_usd_per_mtok: z.number().nonnegative(),
  output_usd_per_mtok: z.number().nonnegative(),
  by: z.string().min(1).max(LONGEST_TEXT),
  reason: z.string().max(LONGEST_TEXT),
  at: z.iso.datetime(),
});
type ReleaseLine = z.infer<typeof LineSchema>;

/** As it stands in the file. */
export const releaseLine = (line: ReleaseLine): string => `${JSON.stringify(LineSchema.parse(line))}\n`;

const releaseOf = (text: string): Release | undefined => {
  try {
    const line = LineSchema.parse(JSON.parse(text));
    return {
      offer: line.offer as OfferKey,
      input: priceFromUsdPerMillion(line.input_usd_per_mtok),
      output: priceFromUsdPerMillion(line.output_usd_per_mtok),
      by: line.by,
      reason: line.reason,
      at: Date.parse(line.at),
    };
  } catch {
    return undefined;
  }
};

/** The newest lines of the file; one that cannot be read releases nothing. */
export const parseReleases = (text: string): readonly Release[] =>
  text
    .split('\n')
    .filter(Boolean)
    .slice(-MOST_RELEASES)
    .flatMap((line) => releaseOf(line) ?? []);

/** The release that accepts exactly these main prices of the offer, the newest where there are several. */
export const releaseFor = (
  releases: readonly Release[],
  { offer, rates, at }: { readonly offer: OfferKey; readonly rates: readonly Rate[]; readonly at: number },
): Release | undefined =>
  releases.findLast(
    (release) =>
      release.offer === offer &&
      at - release.at < GOOD_FOR_MS &&
      samePrice(release.input, basePrice(rates, 'input')) &&
      samePrice(release.output, basePrice(rates, 'output')),
  );
