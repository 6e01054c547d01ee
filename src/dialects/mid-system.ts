// Where instructions in mid conversation go, in dialects that have one place for them: at the top.

/**
 * Instructions in mid conversation stay where they are, as marked text of a user turn. To move them up into `system` would change their order
 * and throw away the prompt cache of everything below; a system role within the conversation is only known to some models, at some places.
 */
export const midSystemText = (words: string): string => `<system>\n${words}\n</system>`;
