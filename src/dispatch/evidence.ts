// What an answer shows of itself: whether it fits the schema that was asked for, whether its tool calls can be carried out, how it ended.
import type { ChatEvent, ChatRequest, FinishReason, Json } from '../core/chat.ts';
import { fitsSchema } from './json-check.ts';

/** Characters of an answer that are kept until it ends; of a longer one nothing is said. */
const MOST_KEPT = 256 * 1024;

export type Shown = readonly { readonly source: '@schema' | '@tools' | '@finish'; readonly score: number }[];

type Call = { readonly name: string; arguments: string };

const parsed = (text: string): { readonly value: Json } | undefined => {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return undefined;
  }
};

const fitsOutput = ({ output }: ChatRequest, text: string): boolean => {
  const answer = parsed(text);
  if (!answer || output.kind === 'text') return answer !== undefined;
  if (output.kind === 'schema') return fitsSchema(output.schema, answer.value);
  return typeof answer.value === 'object' && answer.value !== null;
};

const canBeCarriedOut = ({ tools }: ChatRequest, { name, arguments: text }: Call): boolean => {
  const tool = tools.find((each) => each.name === name);
  const given = parsed(text.trim() === '' ? '{}' : text);
  return tool !== undefined && given !== undefined && fitsSchema(tool.parameters, given.value);
};

const mustCall = ({ toolChoice }: ChatRequest): boolean => toolChoice === 'required' || typeof toolChoice === 'object';

/** undefined: an end that says nothing, such as one at the cap the caller asked for. */
const endScore = ({ maxOutputTokens }: ChatRequest, finish: FinishReason): number | undefined => {
  if (finish === 'length') return maxOutputTokens === undefined ? 0 : undefined;
  return finish === 'content_filter' ? 0 : 1;
};

/**
 * Text is kept only where it has to be looked at: by a schema, a tool's parameters, or a judge.
 * @param keepsText a judge will read the answer
 */
export const createEvidence = (request: ChatRequest, keepsText: boolean) => {
  const isOne = (request.choices ?? 1) === 1;
  const looksAtText = isOne && (keepsText || request.output.kind !== 'text');
  const looksAtCalls = isOne && request.tools.length > 0;
  const calls = new Map<number, Call>();
  let text = '';
  let kept = 0;
  let refused = false;
  let spoke = false;

  const fits = (more: string): boolean => {
    kept += more.length;
    return kept <= MOST_KEPT;
  };

  const called = (): Shown => {
    if (!looksAtCalls || kept > MOST_KEPT) return [];
    if (calls.size === 0) return mustCall(request) ? [{ source: '@tools', score: 0 }] : [];
    const well = [...calls.values()].filter((call) => canBeCarriedOut(request, call)).length;
    return [{ source: '@tools', score: well / calls.size }];
  };

  return {
    see(event: ChatEvent): void {
      if (event.type === 'refusal-delta') refused = true;
      else if (event.type === 'text-delta') {
        spoke = true;
        if (looksAtText && fits(event.text)) text += event.text;
      } else if (event.type === 'tool-call-start') {
        spoke = true;
        if (looksAtCalls && fits(event.name)) calls.set(event.index, { name: event.name, arguments: '' });
      } else if (event.type === 'tool-call-delta' && looksAtCalls && fits(event.arguments)) {
        const call = calls.get(event.index);
        if (call) call.arguments += event.arguments;
      }
    },

    /** Of an answer that came to an end. A refusal shows nothing: whose fault it was is not ours to say. */
    shown(finish: FinishReason): Shown {
      if (refused || (finish === 'content_filter' && !spoke)) return [];
      const score = endScore(request, finish);
      const end: Shown = score === undefined ? [] : [{ source: '@finish', score }];
      // What was cut is no whole answer to hold against a schema.
      if (finish !== 'stop' && finish !== 'tool_calls') return end;
      const isText = isOne && request.output.kind !== 'text' && calls.size === 0 && kept <= MOST_KEPT;
      const schema: Shown = isText ? [{ source: '@schema', score: fitsOutput(request, text) ? 1 : 0 }] : [];
      return [...end, ...schema, ...called()];
    },

    /** undefined: it was longer than is kept, or there was none. */
    text: (): string | undefined => (keepsText && text !== '' && kept <= MOST_KEPT ? text : undefined),
  };
};

export type Evidence = ReturnType<typeof createEvidence>;
