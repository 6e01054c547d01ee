// How one answer sounds in each dialect: the bytes of its parts, said by a provider that does nothing wrong unless it is told to.
import type { UsageLie, WireError } from './acts.ts';
import { chatVoice } from './voice-chat.ts';
import { geminiVoice } from './voice-gemini.ts';
import { messagesVoice } from './voice-messages.ts';
import type { DialectName } from '../../../src/core/dialect.ts';

/** One answer under way. Counts are true; `lie` changes only what is written. */
export type Saying = {
  readonly model: string;
  readonly text: string;
  readonly input: number;
  readonly output: number;
  readonly reason?: string;
  readonly lie?: UsageLie;
  /** How many answers to the one question; each is this text. */
  readonly choices?: number;
};

export type Voice = {
  /** What a stream begins with, before content; empty where the dialect has nothing there. */
  role(saying: Saying): string;
  token(text: string): string;
  tool(part: 'start' | 'half' | 'rest'): string;
  finish(saying: Saying): string;
  usage(saying: Saying): string;
  done(): string;
  whole(saying: Saying): string;
  errorBody(error: WireError, message: string): string;
  inband(error: WireError, message: string): string;
};

export const voiceOf = (dialect: DialectName): Voice => {
  switch (dialect) {
    case 'chat':
      return chatVoice();
    case 'messages':
      return messagesVoice();
    case 'gemini':
      return geminiVoice();
    default:
      return dialect satisfies never;
  }
};
