// One recorded prompt a line: what each model answered, how good it was and what it cost. What is wrong is said with its line.
import { z } from 'zod';
import { ReplayFault } from './fault.ts';
import { linesOf } from './lines.ts';

/** Distinct models of one file. */
export const MOST_MODELS = 500;
const MOST_TOOLS = 1_000;

const amount = z.number().min(0).nullish();
/** Loose: recordings carry more than is asked of them. */
const outcome = z.looseObject({
  quality: z.number({ error: 'needs a quality from 0 to 1' }).min(0).max(1),
  cost_usd: amount,
  input_tokens: amount,
  output_tokens: amount,
  output_chars: amount,
  latency_ms: amount,
});
const row = z.looseObject({
  id: z.union([z.string().min(1).max(500), z.number()], { error: 'needs an id' }),
  prompt: z.string({ error: 'needs a prompt, as text' }),
  task: z.string().nullish(),
  tools: z.union([z.int().min(0).max(MOST_TOOLS), z.boolean()]).nullish(),
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
  readonly prompt: string;
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
  /** Rows whose id another prompt had before: kept, since collections number their parts anew. */
  readonly reused: number;
};

const CHARACTERS_PER_TOKEN = 4;

/** A recording's zero tokens of an answer mean that nobody counted. */
const counted = (value: number | null | undefined): number | undefined => value || undefined;

const recordedOf = (read: z.output<typeof outcome>): Recorded => {
  const characters = counted(read.output_chars);
  const outputTokens =
    counted(read.output_tokens) ?? (characters && Math.max(1, Math.round(characters / CHARACTERS_PER_TOKEN)));
  const inputTokens = counted(read.input_tokens);
  return {
    quality: read.quality,
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

const rowOf = (file: string, line: number, text: string): z.output<typeof row> => {
  const read = row.safeParse(parse(file, line, text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  const what = issue?.message ?? 'is not a recorded prompt';
  throw new ReplayFault(file, line, `${place === '' ? '' : `${place}: `}${what}; the form is in docs/replay.md`);
};

const chosen = (outcomes: z.output<typeof row>['outcomes'], wanted: ReadonlySet<string> | undefined) =>
  new Map(
    Object.entries(outcomes)
      .filter(([model]) => wanted?.has(model) ?? true)
      .map(([model, value]) => [model, recordedOf(value)]),
  );

const unknownModels = (file: string, wanted: readonly string[], seen: ReadonlySet<string>): ReplayFault | undefined => {
  const missing = wanted.filter((model) => !seen.has(model));
  if (missing.length === 0) return undefined;
  const some = [...seen].slice(0, 12).join(', ');
  return new ReplayFault(file, undefined, `has no outcomes of ${missing.join(', ')}; it has ${some}`);
};

/** @param models only these, where given. @throws ReplayFault */
export const readRecording = async (file: string, models?: readonly string[]): Promise<Recording> => {
  const wanted = models && new Set(models);
  const firstOf = new Map<string, { readonly line: number; readonly prompt: string }>();
  const seen = new Set<string>();
  const used = new Set<string>();
  const rows: Row[] = [];
  let empty = 0;
  let reused = 0;
  for await (const { number: line, text } of linesOf(file)) {
    const read = rowOf(file, line, text);
    const id = String(read.id);
    const first = firstOf.get(id);
    if (first?.prompt === read.prompt)
      throw new ReplayFault(
        file,
        line,
        `the id ${id} and its prompt stand already in line ${first.line}; leave one out`,
      );
    if (first) reused += 1;
    else firstOf.set(id, { line, prompt: read.prompt });
    for (const model of Object.keys(read.outcomes)) seen.add(model);
    if (seen.size > MOST_MODELS)
      throw new ReplayFault(file, line, `more than ${MOST_MODELS} models; choose some with --models`);
    const outcomes = chosen(read.outcomes, wanted);
    for (const model of outcomes.keys()) used.add(model);
    if (outcomes.size === 0) empty += 1;
    else
      rows.push({
        id,
        line,
        prompt: read.prompt,
        ...(typeof read.task === 'string' ? { task: read.task } : {}),
        tools: Number(read.tools ?? 0),
        outcomes,
      });
  }
  const fault = wanted && unknownModels(file, [...wanted], seen);
  if (fault && firstOf.size > 0) throw fault;
  if (rows.length === 0)
    throw new ReplayFault(file, undefined, 'holds no prompt with an outcome; each line is one recorded prompt');
  return { file, rows, models: wanted ? [...wanted] : [...used], empty, reused };
};
