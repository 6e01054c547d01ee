// Which requests the demo sends, in which order: seeded templates, conversations and streams.
import type OpenAI from 'openai';
import type { Rng } from '../core/ports.ts';
import { drawsFor, hashOf, normal, pick } from './draw.ts';
import { bandOf, fill, loadPrompts, type Prompts, type Template } from './prompts.ts';
import type { Subject } from './truth.ts';

/** One request. Task and difficulty are for the judge and the score; only the body is sent. */
export type Item = {
  readonly index: number;
  readonly subject: Subject;
  /** Without what was said before; see `follows`. */
  readonly body: OpenAI.ChatCompletionCreateParamsNonStreaming;
  readonly stream: boolean;
  /** Index of the earlier item whose conversation this one goes on with. */
  readonly follows?: number;
};

/** How often each band is asked: most requests are easy. */
const BAND_SHARE = { easy: 0.46, medium: 0.3, hard: 0.24 } as const;
const STREAM_SHARE = 0.35;
/** Requests between two turns of one conversation: people think before they answer. */
const TURN_GAP = { least: 8, spread: 10 } as const;
/** How far one request of a template is from the template's difficulty. */
const DIFFICULTY_SPREAD = 0.05;
/** Redraws of slots before a repeated text is accepted. */
const REDRAWS = 8;

type Turn = { readonly text: string; readonly template: Template; readonly follows?: number };

const bodyOf = (turn: Turn, { prompts, seed }: { readonly prompts: Prompts; readonly seed: number }): Item['body'] => {
  const { template } = turn;
  const body: Item['body'] = { model: 'auto', messages: [{ role: 'user', content: turn.text }], stream: false };
  if (template.system && turn.follows === undefined)
    body.messages.unshift({ role: 'system', content: template.system });
  if (template.tools.length > 0)
    body.tools = template.tools.map((name) => {
      const tool = prompts.tools[name];
      if (!tool) throw new RangeError(`prompts.yaml: no tool ${name}`);
      return { type: 'function', function: { name, ...tool } };
    });
  if (template.schema) {
    const schema = prompts.schemas[template.schema];
    if (!schema) throw new RangeError(`prompts.yaml: no schema ${template.schema}`);
    body.response_format = { type: 'json_schema', json_schema: { name: template.schema, strict: true, schema } };
  }
  if (drawsFor(seed, 'temperature', turn.text).next() < 0.3) body.temperature = 0.2;
  return body;
};

/** Drawn from the words alone: the same question is as hard, and is answered as well, whenever it is asked. */
const subjectOf = ({ text, template }: Turn, seed: number): Subject => {
  const drift = DIFFICULTY_SPREAD * normal(drawsFor(seed, 'difficulty', text));
  return {
    id: hashOf(text).toString(36),
    task: template.task,
    difficulty: Math.min(0.95, Math.max(0.02, template.difficulty + drift)),
  };
};

const createTemplateDraw = (templates: readonly Template[], rng: Rng): (() => Template) => {
  const byBand = Map.groupBy(templates, bandOf);
  return () => {
    const at = rng.next();
    const band = at < BAND_SHARE.easy ? 'easy' : at < BAND_SHARE.easy + BAND_SHARE.medium ? 'medium' : 'hard';
    // Tasks are as likely as each other within a band, however many templates each has.
    const byTask = Map.groupBy(byBand.get(band) ?? [], (template) => template.task);
    return pick(rng, pick(rng, [...byTask.values()]));
  };
};

/** The same seed gives the same requests, and a longer workload begins with the shorter one. */
export const createWorkload = ({ requests, seed }: { requests: number; seed: number }): readonly Item[] => {
  const prompts = loadPrompts();
  const rng = drawsFor(seed, 'workload');
  const drawTemplate = createTemplateDraw(prompts.templates, rng);
  const waiting = new Map<number, Turn>();
  const said = new Set<string>();
  const items: Item[] = [];

  const open = (): Turn & { readonly later: readonly string[] } => {
    const template = drawTemplate();
    let texts = fill([template.say, ...template.next], prompts.slots, rng);
    for (let redraw = 0; redraw < REDRAWS && said.has(texts[0] ?? ''); redraw++)
      texts = fill([template.say, ...template.next], prompts.slots, rng);
    const [text = '', ...later] = texts;
    said.add(text);
    return { text, template, later };
  };

  /** Puts the next turns of a conversation at free places further on. */
  const plan = (first: number, template: Template, later: readonly string[]): void => {
    let follows = first;
    for (const text of later) {
      let at = follows + TURN_GAP.least + Math.floor(rng.next() * TURN_GAP.spread);
      while (waiting.has(at)) at++;
      waiting.set(at, { text, template, follows });
      follows = at;
    }
  };

  for (let index = 0; index < requests; index++) {
    const planned = waiting.get(index);
    const opened = planned ? undefined : open();
    const turn = planned ?? opened;
    if (!turn) break;
    if (opened) plan(index, opened.template, opened.later);
    items.push({
      index,
      subject: subjectOf(turn, seed),
      body: bodyOf(turn, { prompts, seed }),
      stream: rng.next() < STREAM_SHARE,
      ...(turn.follows === undefined ? {} : { follows: turn.follows }),
    });
  }
  return items;
};
