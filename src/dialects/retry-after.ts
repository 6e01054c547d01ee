// How long a provider asks us to wait, from any spelling of Retry-After. Pure; never NaN, never beyond fifteen minutes.

/** A provider that asks for more is treated as asking for this; cooldowns are lengthened elsewhere. */
export const MAX_RETRY_AFTER_MS = 900_000;

const clamp = (ms: number): number => Math.min(MAX_RETRY_AFTER_MS, Math.max(0, Math.round(ms)));

const DECIMAL = /^\s*\d{1,15}(\.\d+)?\s*$/;

/** Plain decimals only: Number() alone would take "", "0x10", "1e99" and "Infinity". */
const decimal = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  // A header that was sent twice comes as a list: the longer wait is the safe one.
  const numbers = text.split(',').map((part) => (DECIMAL.test(part) ? Number(part) : Number.NaN));
  const most = Math.max(...numbers);
  return Number.isNaN(most) ? undefined : most;
};

/** A date is measured against the response's own Date, so that neither clock has to be right. */
const untilDate = (text: string, now: string | undefined): number | undefined => {
  const until = Date.parse(text);
  const from = now === undefined ? Number.NaN : Date.parse(now);
  return Number.isFinite(until) && Number.isFinite(from) ? clamp(until - from) : undefined;
};

/** Milliseconds, 0..900 000, of a protobuf-style duration such as "12.5s", as Gemini's RetryInfo and some proxies write it. */
export const durationMs = (text: string): number | undefined => {
  const found = /^\s*(\d{1,15}(?:\.\d+)?)\s*(ms|s|m|h)\s*$/.exec(text);
  if (!found) return undefined;
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[found[2] ?? ''] ?? 1000;
  return clamp(Number(found[1]) * unit);
};

/**
 * Milliseconds to wait, 0..900 000, or undefined where the headers say nothing usable.
 * Order: retry-after-ms, x-ms-retry-after-ms (Azure), retry-after in seconds (fractions too) or as an HTTP date (RFC 9110 §10.2.3).
 * @param headers lower-case names
 */
export const retryAfterMs = (headers: Readonly<Record<string, string>>): number | undefined => {
  const exact = decimal(headers['retry-after-ms']) ?? decimal(headers['x-ms-retry-after-ms']);
  if (exact !== undefined) return clamp(exact);
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const seconds = decimal(text);
  if (seconds !== undefined) return clamp(seconds * 1000);
  return durationMs(text) ?? untilDate(text, headers['date']);
};
