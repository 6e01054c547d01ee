// How remembered lessons stand in memory: columns of numbers, and what one line of them is as plain JSON.
import { hash } from 'node:crypto';
import { decodeFeatures, encodeFeatures, MOST_FEATURES } from '../core/features.ts';
import type { Lesson } from '../core/ledger.ts';
import { BANDS, type Band, TASKS, type Task } from '../core/profile.ts';

/** Half-lives outside one minute and ten years are treated as these. */
const SHORTEST_MS = 60_000;
const LONGEST_MS = 3_650 * 86_400_000;
export const MICRO = 1e6;
const TOKENS_MOST = 1_000_000_000;
/** Stands for a reward or a count of tokens that is not known. */
export const UNKNOWN = -1;
const HEX_DIGITS = 13;
/** Structure is kept in thousandths; NO_SHIFT where it shows nothing. */
export const MILLI = 1e3;
export const NO_SHIFT = 32_767;
const TENANT_DIGITS = 8;
const TENANTS_KNOWN = 1_000;
/** Who lessons are of that were not this router's own. */
export const IMPORTED_TENANT = 1;

export type Kind = { readonly task: Task; readonly band: Band };
/** Kinds of request by number: task, then band. */
export const KINDS: readonly Kind[] = TASKS.flatMap((task) => BANDS.map((band) => ({ task, band })));
export const kindAt = ({ task, band }: Kind): number => TASKS.indexOf(task) * BANDS.length + BANDS.indexOf(band);
const ANY_KIND: Kind = { task: TASKS[0], band: BANDS[0] };

/** One line of the state: a lesson as it is remembered, and how often it was taught less how often it was taken back. */
export type LessonRow = Kind & {
  readonly model: string;
  /** 52 bits of a hash of the request id. */
  readonly id: number;
  readonly at: number;
  readonly halfLifeMs: number;
  readonly features: string;
  /** Millionths; UNKNOWN where nobody has judged. */
  readonly reward: number;
  /** UNKNOWN where the answer was not whole. */
  readonly tokens: number;
  /** Thousandths; NO_SHIFT where structure shows nothing, or somebody has judged. */
  readonly shift: number;
  /** 32 bits of a hash of who asked; 0 where that is not known. */
  readonly tenant: number;
  readonly times: number;
};

export const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
export const clampHalfLife = (halfLifeMs: number): number => clamp(halfLifeMs, SHORTEST_MS, LONGEST_MS);

/** Of the callers heard last: a hash costs more than the rest of a row. */
const tenants = new Map<string, number>();
const tenantOf = (caller: string | undefined): number => {
  if (caller === undefined || caller === '') return 0;
  const known = tenants.get(caller);
  if (known !== undefined) return known;
  const tenant = Number.parseInt(hash('sha256', caller, 'hex').slice(0, TENANT_DIGITS), 16);
  if (tenants.size >= TENANTS_KNOWN) tenants.clear();
  tenants.set(caller, tenant);
  return tenant;
};

export const rowOf = (lesson: Lesson, times: 1 | -1): LessonRow => ({
  model: lesson.model,
  id: Number.parseInt(hash('sha256', lesson.requestId, 'hex').slice(0, HEX_DIGITS), 16),
  at: lesson.at,
  task: lesson.task,
  band: lesson.band,
  halfLifeMs: Math.fround(clampHalfLife(lesson.halfLifeMs)),
  features: lesson.features ?? '',
  reward: lesson.reward === undefined ? UNKNOWN : Math.round(MICRO * clamp(lesson.reward, 0, 1)),
  tokens: lesson.outputTokens === undefined ? UNKNOWN : Math.round(clamp(lesson.outputTokens, 0, TOKENS_MOST)),
  shift: lesson.shift === undefined ? NO_SHIFT : Math.round(MILLI * clamp(lesson.shift, -1, 1)),
  tenant: tenantOf(lesson.caller),
  times,
});

/** ln(1 + n) of the counts that most answers have: it is asked of every remembered answer after every lesson. */
const LOGS = Float64Array.from({ length: 4_096 }, (_, tokens) => Math.log1p(tokens));
export const logTokens = (tokens: number): number => LOGS[tokens] ?? Math.log1p(tokens);

/** A thousand objects a model would weigh five times as much. A slot is free when its `times` is 0. */
export const createColumns = (size: number) => ({
  at: new Float64Array(size),
  id: new Float64Array(size),
  halfLife: new Float32Array(size),
  reward: new Int32Array(size),
  tokens: new Int32Array(size),
  shift: new Int16Array(size),
  tenant: new Uint32Array(size),
  times: new Int32Array(size),
  kind: new Uint8Array(size),
  /** How many features, and which. */
  width: new Uint8Array(size),
  features: new Uint16Array(size * MOST_FEATURES),
});
export type Columns = ReturnType<typeof createColumns>;

export const grown = (from: Columns, size: number): Columns => {
  const to = createColumns(size);
  to.at.set(from.at);
  to.id.set(from.id);
  to.halfLife.set(from.halfLife);
  to.reward.set(from.reward);
  to.tokens.set(from.tokens);
  to.shift.set(from.shift);
  to.tenant.set(from.tenant);
  to.times.set(from.times);
  to.kind.set(from.kind);
  to.width.set(from.width);
  to.features.set(from.features);
  return to;
};

export const writeRow = (columns: Columns, slot: number, row: LessonRow): void => {
  const features = decodeFeatures(row.features);
  columns.at[slot] = row.at;
  columns.id[slot] = row.id;
  columns.halfLife[slot] = row.halfLifeMs;
  columns.reward[slot] = row.reward;
  columns.tokens[slot] = row.tokens;
  columns.shift[slot] = row.shift;
  columns.tenant[slot] = row.tenant;
  columns.times[slot] = row.times;
  columns.kind[slot] = kindAt(row);
  columns.width[slot] = features.length;
  columns.features.set(features, slot * MOST_FEATURES);
};

/** Where the features of a lesson begin and end in their column. */
export const placesOf = ({ width }: Columns, slot: number): { readonly from: number; readonly to: number } => {
  const from = slot * MOST_FEATURES;
  return { from, to: from + (width[slot] ?? 0) };
};

const featuresAt = (columns: Columns, slot: number): Uint16Array => {
  const { from, to } = placesOf(columns, slot);
  return columns.features.subarray(from, to);
};

export const readRow = (columns: Columns, slot: number, model: string): LessonRow => ({
  model,
  id: columns.id[slot] ?? 0,
  at: columns.at[slot] ?? 0,
  ...(KINDS[columns.kind[slot] ?? 0] ?? ANY_KIND),
  halfLifeMs: columns.halfLife[slot] ?? 0,
  features: encodeFeatures(featuresAt(columns, slot)),
  reward: columns.reward[slot] ?? UNKNOWN,
  tokens: columns.tokens[slot] ?? UNKNOWN,
  shift: columns.shift[slot] ?? NO_SHIFT,
  tenant: columns.tenant[slot] ?? 0,
  times: columns.times[slot] ?? 0,
});
