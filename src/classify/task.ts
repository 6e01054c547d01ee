// Which family of task a request belongs to: words that speak for it, then the shape of the text and of the request.
import type { ChatRequest } from '../core/chat.ts';
import { TASKS, type Task } from '../core/profile.ts';
import type { Signals } from './signals.ts';

/** What nothing else speaks for is conversation. */
const CHAT_BASE = 0.9;
/** Messages looked back over for tools at work. */
const MESSAGES_READ = 8;
const SCRIPTED_TRANSLATION = /翻译|翻譯|译成|翻訳|번역|перевед|ترجم|अनुवाद/;
const SCRIPTED_SUMMARY = /总结|概括|摘要|要約|요약|резюмир/;

/** Tools in play: called lately, demanded, or merely on offer. */
export const toolPlay = (request: ChatRequest): 'called' | 'demanded' | 'offered' | 'none' => {
  const recent = request.messages.slice(-MESSAGES_READ);
  const called = recent.some(
    (message) => message.role === 'tool' || (message.role === 'assistant' && message.toolCalls.length > 0),
  );
  if (called) return 'called';
  if (request.tools.length === 0 || request.toolChoice === 'none') return 'none';
  return request.toolChoice === undefined || request.toolChoice === 'auto' ? 'offered' : 'demanded';
};

const AGENT = { called: 6, demanded: 4, offered: 2, none: 0 } as const;

/** What structure adds to the words. */
const structure = (request: ChatRequest, text: string, signals: Signals): Partial<Record<Task, number>> => {
  const play = toolPlay(request);
  return {
    chat: CHAT_BASE,
    agent: play === 'none' ? -signals.scores.agent : AGENT[play],
    code: (signals.fenced ? 1.5 : 0) + (signals.trace ? 2 : 0) + Math.min(2, 0.5 * signals.codeLines),
    math: (signals.notation ? 1.5 : 0) + (signals.arithmetic ? 1.2 : 0),
    reason: signals.choices >= 3 ? 1.5 : 0,
    extract: request.output.kind === 'schema' ? 1.5 : request.output.kind === 'json' ? 1 : 0,
    translate: SCRIPTED_TRANSLATION.test(text) ? 3 : 0,
    summarize: SCRIPTED_SUMMARY.test(text) ? 3 : 0,
  };
};

/** The family with the highest score; the earlier in TASKS where two are level. */
export const taskOf = (request: ChatRequest, text: string, signals: Signals): Task => {
  const added = structure(request, text, signals);
  const score = (task: Task): number => signals.scores[task] + (added[task] ?? 0);
  return TASKS.reduce((best, task) => (score(task) > score(best) ? task : best));
};
