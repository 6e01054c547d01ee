// One recorded prompt a line: what each model answered, how good it was and what it cost. What is wrong is said with its line.
import { z } from 'zod';
import type { Message } from '../../core/chat.ts';
import { ReplayFault } from './fault.ts';
import { linesOf } from './lines.ts';
import { messagesOf, RecordedPrompt, textIn } from './prompt.ts';

/** Distinct models of one file. */
export const MOST_MODELS = 500;
const MOST_TOOLS = 1_000;

/** Dollars of one answer and tokens of one text: far above any there was, so that more is a mistaken unit, and sums of money stay whole. */
export const MOST_USD = 1_000;
const MOST_TOKENS = 100_000_000;

/** A mean of judgements may come out a last digit above one. */
const NOISE = 1e-9;
const NEEDS_QUALITY = 'needs a quality from 0 to 1, or null where nobody judged';

const upTo = (most: number, error: string) => z.number({ error }).min(0, error).max(most, error).nullish();
const tokens = upTo(MOST_TOKENS, `needs a count from 0 to ${MOST_TOKENS}, or null`);
/** Loose: recordings carry more than is asked of them. Null: it was not asked, or nobody judged it. */
const outcome = z
  .looseObject({
    quality: z
      .number({ error: NEEDS_QUALITY })
      .min(-NOISE, NEEDS_QUALITY)
      .max(1 + NOISE, NEEDS_QUALITY)
      .nullable(),
    cost_usd: upTo(MOST_USD, `needs dollars from 0 to ${MOST_USD}, or null`),
    input_tokens: tokens,
    output_tokens: tokens,
    output_chars: tokens,
    latency_ms: z.number().min(0).nullish(),
  })
  .nullable();
const row = z.looseObject({
  id: z.union([z.string().min(1).max(500), z.number()], { error: 'needs an id' }),
  prompt: RecordedPrompt,
  task: z.union([z.string(), z.number()], { error: 'a task is text or a number' }).nullish(),
  tools: z
    .union([z.int().min(0).max(MOST_TOOLS), z.boolean(), z.array(z.unknown()).max(MOST_TOOLS)], {
      error: `tools are a list, true, or a number from 0 to ${MOST_TOOLS}`,
    })
    .nullish(),
  outcomes: z.record(z.string().min(1).max(200), outcome, { error: 'needs outcomes: a map from model to its outcome' }),
});

/** How one model did on one prompt. `quality` in [0,1], dollars and tokens where the recording has them. */
export type Recorded = {
  readonly quality: number;
  readonly costUsd?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
};
export type Row = {
  readonly id: string;
  readonly line: number;
  /** All of its text. */
  readonly prompt: string;
  readonly messages: readonly Message[];
  /** The recording's own label; shown to no router but the baseline that is told it. */
  readonly task?: string;
  /** How many tools the prompt came with. */
  readonly tools: number;
  readonly outcomes: ReadonlyMap<string, Recorded>;
};
export type Recording = {
  readonly file: string;
  readonly rows: readonly Row[];
  /** In the order they were first met. */
  readonly models: readonly string[];
  /** Rows of which no wanted model has an outcome: left out. */
  readonly empty: number;
  /** Rows whose id another row had before: kept, since collections number their parts anew. */
  readonly reused: number;
};

const CHARACTERS_PER_TOKEN = 4;

/** A recording's zero tokens of an answer mean that nobody counted. */
const counted = (value: number | null | undefined): number | undefined => value || undefined;

const recordedOf = (read: NonNullable<z.output<typeof outcome>>, quality: number): Recorded => {
  const characters = counted(read.output_chars);
  const outputTokens =
    counted(read.output_tokens) ?? (characters && Math.max(1, Math.round(characters / CHARACTERS_PER_TOKEN)));
  const inputTokens = counted(read.input_tokens);
  return {
    quality: Math.min(1, Math.max(0, quality)),
    ...(typeof read.cost_usd === 'number' ? { costUsd: read.cost_usd } : {}),
    ...(inputTokens === undefined ? {} : { inputTokens: Math.round(inputTokens) }),
    ...(outputTokens === undefined ? {} : { outputTokens: Math.round(outputTokens) }),
  };
};

const parse = (file: string, line: number, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (fault) {
    // NaN and Infinity are no JSON, and the commonest way a number goes wrong.
    const bare = /:\s*(-?(?:NaN|Infinity))\b/.exec(text)?.[1];
    const why = bare ? `${bare} is not a number JSON knows` : fault instanceof Error ? fault.message.slice(0, 80) : '';
    throw new ReplayFault(file, line, `is not one JSON object on one line (${why}); every line must be {"id", …}`);
  }
};

const readRow = (file: string, line: number, text: string): z.output<typeof row> => {
  const read = row.safeParse(parse(file, line, text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  const what = issue?.message ?? 'is not a recorded prompt';
  throw new ReplayFault(file, line, `${place === '' ? '' : `${place}: `}${what}; the form is in docs/replay.md`);
};

const chosen = (outcomes: z.output<typeof row>['outcomes'], wanted: ReadonlySet<string> | undefined) => {
  const kept = new Map<string, Recorded>();
  for (const [model, value] of Object.entries(outcomes)) {
    if (typeof value?.quality !== 'number' || wanted?.has(model) === false) continue;
    kept.set(model, recordedOf(value, value.quality));
  }
  return kept;
};

const toolCount = (tools: z.output<typeof row>['tools']): number =>
  Array.isArray(tools) ? tools.length : Number(tools ?? 0);

const rowOf = (read: z.output<typeof row>, line: number, outcomes: Row['outcomes']): Row => {
  const messages = messagesOf(read.prompt);
  return {
    id: String(read.id),
    line,
    prompt: textIn(messages),
    messages,
    ...(read.task === null || read.task === undefined ? {} : { task: String(read.task) }),
    tools: toolCount(read.tools),
    outcomes,
  };
};

const unknownModels = (file: string, wanted: readonly string[], seen: ReadonlySet<string>): ReplayFault | undefined => {
  const missing = wanted.filter((model) => !seen.has(model));
  if (missing.length === 0) return undefined;
  const some = [...seen].slice(0, 12).join(', ');
  return new ReplayFault(file, undefined, `has no outcomes of ${missing.join(', ')}; it has ${some}`);
};

/** @param models only these, where given. @throws ReplayFault */
export const readRecording = async (file: string, models?: readonly string[]): Promise<Recording> => {
  const wanted = models && new Set(models);
  const ids = new Set<string>();
  const seen = new Set<string>();
  const used = new Set<string>();
  const rows: Row[] = [];
  let empty = 0;
  let reused = 0;
  for await (const { number: line, text } of linesOf(file)) {
    const read = readRow(file, line, text);
    const id = String(read.id);
    if (ids.has(id)) reused += 1;
    else ids.add(id);
    for (const model of Object.keys(read.outcomes)) seen.add(model);
    if (seen.size > MOST_MODELS)
      throw new ReplayFault(file, line, `more than ${MOST_MODELS} models; choose some with --models`);
    const outcomes = chosen(read.outcomes, wanted);
    for (const model of outcomes.keys()) used.add(model);
    if (outcomes.size === 0) empty += 1;
    else rows.push(rowOf(read, line, outcomes));
  }
  const fault = wanted && unknownModels(file, [...wanted], seen);
  if (fault && ids.size > 0) throw fault;
  if (rows.length === 0)
    throw new ReplayFault(file, undefined, 'holds no prompt with an outcome; each line is one recorded prompt');
  return { file, rows, models: wanted ? [...wanted] : [...used], empty, reused };
};
