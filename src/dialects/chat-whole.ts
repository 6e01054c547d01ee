// A whole chat answer under status 200 as one frame; what is no answer as a failure.
import type { ChatEvent, Frame } from '../core/chat.ts';
import type { FailureCause } from '../core/failure.ts';
import { choicesOf, createDeltaReader } from './chat-delta.ts';
import { errorIn, notAnAnswer } from './chat-error.ts';
import { finishOf } from './chat-finish.ts';
import type { ChatQuirks } from './chat-quirks.ts';
import { readChatUsage } from './chat-usage.ts';
import { countOf, objectOf, parseLoose, textOf } from './loose.ts';

/** Events speak of the first choice; the others travel in the body. */
export const readChatAnswer = (body: string, billed: ChatQuirks['billed']): Frame => {
  // DeepSeek sends blank lines while a request waits its turn; JSON takes them for space.
  const answer = objectOf(parseLoose(body));
  const choices = answer ? choicesOf(answer) : [];
  const first = choices.find((choice) => (countOf(choice['index']) ?? 0) === 0) ?? choices[0];
  if (!answer || !first || errorIn(answer)) return { events: [{ type: 'failure', cause: notAnAnswer(body) }] };

  const usage = readChatUsage(answer, billed);
  const failed = (cause: FailureCause): Frame => ({
    events: [...(usage ? [usage] : []), { type: 'failure', cause }],
  });
  const finish = finishOf(textOf(first['finish_reason']) ?? '', 'body');
  if (finish.kind === 'failure') return failed(finish.cause);

  const deltas = createDeltaReader(textOf(answer['id']) ?? '');
  const { events } = deltas.read(objectOf(first['message']) ?? {});
  const all: readonly ChatEvent[] = [...events, ...(usage ? [usage] : []), { type: 'finish', reason: finish.reason }];
  const json = {
    ...answer,
    choices: choices.map((choice) => (choice === first ? { ...choice, finish_reason: finish.reason } : choice)),
  };
  return { events: all, wire: { dialect: 'chat', json } };
};
