// Taking up a broken answer: the rest is asked of another seller of the same model that can go on from given words.
import type { Ask } from '../core/ask.ts';
import type { ChatRequest, Frame, Json, JsonObject } from '../core/chat.ts';
import type { Decision, Ranked } from '../core/decision.ts';
import type { Attempt } from '../core/outcome.ts';

/** Words that are remembered of an answer; a longer one is no longer taken up. */
const MOST_CHARACTERS = 1_000_000;

/** Half a call, half a JSON document or half the probabilities cannot be taken up by anybody. */
export const canContinue = ({ request }: Ask, { plan }: Decision): boolean =>
  request.stream &&
  plan.fallback.stream === 'continue' &&
  request.tools.length === 0 &&
  request.output.kind === 'text' &&
  request.choices === undefined &&
  !request.features.includes('logprobs');

/** The words given away so far; undefined once there is something among them that no words can continue. */
export const createTranscript = () => {
  let text: string | undefined = '';
  return {
    note({ events }: Frame): void {
      for (const event of events) {
        if (event.type === 'text-delta' && text !== undefined) text += event.text;
        else if (event.type === 'tool-call-start' || event.type === 'refusal-delta') text = undefined;
      }
      if (text !== undefined && text.length > MOST_CHARACTERS) text = undefined;
    },
    text: (): string | undefined => (text === '' ? undefined : text),
  };
};

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** The same conversation with the words so far as the beginning of its answer. */
export const continued = (request: ChatRequest, text: string): ChatRequest => {
  const { messages } = request.body;
  const said: JsonObject = { role: 'assistant', content: text };
  return {
    ...request,
    messages: [...request.messages, { role: 'assistant', text, toolCalls: [] }],
    body: isList(messages) ? { ...request.body, messages: [...messages, said] } : request.body,
    continues: true,
  };
};

/** Of the ladder, so inside every requirement; the same model, so that the answer stays of one piece and its name stays true. */
export const continuingRung = (
  { ladder, plan }: Decision,
  { quote: broken }: Ranked,
  attempts: readonly Attempt[],
): Ranked | undefined => {
  if (attempts.length + 2 > plan.fallback.attempts) return undefined;
  const able = ladder.filter(
    ({ quote: { offer } }) =>
      offer.continues === true &&
      offer.model === broken.offer.model &&
      !attempts.some((attempt) => attempt.offer === offer.key),
  );
  return able.find(({ quote }) => quote.offer.key !== broken.offer.key) ?? able[0];
};
