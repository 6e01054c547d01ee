// What is known of a request before anyone is called: task, difficulty with reasons, needs, language, size, conversation.
import type { ChatRequest } from '../core/chat.ts';
import type { Needs, Profile } from '../core/profile.ts';
import { conversationOf } from './conversation.ts';
import { difficultyOf } from './difficulty.ts';
import { featuresOf } from './features.ts';
import { languageOf } from './language.ts';
import { signalsOf } from './signals.ts';
import { questionOf } from './strip.ts';
import { taskOf } from './task.ts';
import { requestTokens } from './tokens.ts';

const showsImages = (request: ChatRequest): boolean =>
  request.messages.some((message) => message.role === 'user' && message.parts.some((part) => part.type === 'image'));

const speaksTools = (request: ChatRequest): boolean =>
  request.tools.length > 0 ||
  request.messages.some(
    (message) => message.role === 'tool' || (message.role === 'assistant' && message.toolCalls.length > 0),
  );

const needsOf = (request: ChatRequest): Needs => ({
  tools: speaksTools(request),
  vision: showsImages(request),
  json: request.output.kind !== 'text',
  features: request.features,
});

/** Pure and linear in the size of the request; what is scored is capped (strip.ts). */
export const classify = (request: ChatRequest): Profile => {
  const question = questionOf(request);
  const signals = signalsOf(question.text);
  const needs = needsOf(request);
  const language = languageOf(question.text, signals.words);
  const task = taskOf(request, question.text, signals);
  return {
    task,
    ...difficultyOf({ request, signals, task, language, chars: question.chars, vision: needs.vision }),
    needs,
    language,
    inputTokens: requestTokens(request),
    ...(request.maxOutputTokens === undefined ? {} : { maxOutputTokens: request.maxOutputTokens }),
    ...(request.choices === undefined ? {} : { choices: request.choices }),
    turns: request.messages.filter((message) => message.role === 'user').length,
    conversation: conversationOf(request),
    features: featuresOf({ request, signals, language, chars: question.chars, vision: needs.vision }),
    stream: request.stream,
  };
};
