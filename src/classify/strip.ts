// Which words of a request are the caller's question: the last user turn, without boilerplate, capped.
import type { ChatRequest, Message } from '../core/chat.ts';

/** Characters of the question that are scored: more text moved no published score and costs time. */
export const TEXT_CAP = 8_000;
/** Characters of one turn that are searched for boilerplate before the cap applies. */
const SEARCH_CAP = 64_000;
/** A last turn shorter than this ("try again", "in French please") is read together with the turn before it. */
const SHORT_TURN = 32;
/** User turns looked at, from the last backwards, for one that says anything. */
const TURNS_READ = 4;

/**
 * Blocks that programs wrap around what a person said: reminders, environment listings, tool manuals, open files. They look the same in every
 * request of a client, so scoring them would make every request look the same. A fixed list keeps the search linear: a name whose closing
 * tag was not found once is never looked for again.
 */
const BOILERPLATE: ReadonlySet<string> = new Set(
  `system-reminder system_reminder system_prompt system-prompt environment_details environment_context environment_info
  environment user_info user_instructions user_environment workspace_info project_context project_layout open_and_recently_viewed_files
  additional_data attached_files editor_context ide_context ide_selection ide_opened_file git_status gitstatus tools tool_manual
  tool-manual tool_definitions tool_use_instructions tool_usage available_tools available_skills functions instructions custom_instructions
  rules memory memories command-name command-message command-args local-command-stdout local-command-caveat reminder
  context_window todo_list`.split(/\s+/),
);
const LONGEST_NAME = 40;

const isNameChar = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 45 || code === 95;

/** The name of the tag that opens here, where it is one; it ends at > or at the blank before its attributes. */
const nameAt = (text: string, open: number): string | undefined => {
  let end = open + 1;
  while (end - open <= LONGEST_NAME && isNameChar(text.charCodeAt(end))) end++;
  const after = text[end];
  return after === '>' || after === ' ' ? text.slice(open + 1, end).toLowerCase() : undefined;
};

/** Text without boilerplate blocks. An unclosed block is text. Linear in the length of the text. */
export const stripBoilerplate = (text: string): string => {
  let kept = '';
  let from = 0;
  const unclosed = new Set<string>();
  for (let open = text.indexOf('<'); open >= 0; open = text.indexOf('<', open + 1)) {
    const name = nameAt(text, open);
    if (name === undefined || !BOILERPLATE.has(name) || unclosed.has(name)) continue;
    const end = `</${name}>`;
    const close = text.indexOf(end, open);
    if (close < 0) {
      unclosed.add(name);
      continue;
    }
    kept += text.slice(from, open);
    from = close + end.length;
    open = from - 1;
  }
  return (kept + text.slice(from)).trim();
};

/** The beginning and the end of a long text: instructions stand before or after what they are about. */
export const clip = (text: string, cap: number): string => {
  if (text.length <= cap) return text;
  const head = Math.floor(cap * 0.75);
  return `${text.slice(0, head)}\n${text.slice(text.length - (cap - head))}`;
};

const saidBy = (message: Message): string => {
  if (message.role !== 'user') return '';
  const text = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  return stripBoilerplate(clip(text, SEARCH_CAP));
};

export type Question = {
  /** What is scored, at most TEXT_CAP characters. */
  readonly text: string;
  /** Length before the cap. */
  readonly chars: number;
};

/** The last thing the user said, with the turn before it when it is too short to stand alone. System text is never part of it. */
export const questionOf = (request: ChatRequest): Question => {
  const turns: string[] = [];
  const users = request.messages.filter((message) => message.role === 'user').slice(-TURNS_READ);
  for (const message of users.toReversed()) {
    const said = saidBy(message);
    if (said === '') continue;
    turns.unshift(said);
    if (said.length >= SHORT_TURN || turns.length === 2) break;
  }
  const whole = turns.join('\n');
  return { text: clip(whole, TEXT_CAP), chars: whole.length };
};
