// What the mock upstream answers, so that whoever is asked through a proxy can be held to it to the letter.

/** Content chunks of one stream. */
export const CHUNKS = 64;
export const MODEL = 'bench-model';

/** About a kilobyte. */
export const ANSWER = 'lorem '.repeat(150).trim();
export const wordAt = (index: number): string => `word${index} `;
export const STREAMED = Array.from({ length: CHUNKS }, (_, index) => wordAt(index)).join('');

/** Stands at the head of a prompt and tells the upstream how long to wait between two chunks; 0: as fast as they go. */
export const paceMark = (chunkMs: number): string => `[chunk every ${chunkMs} ms] `;
export const paceIn = (body: string): number => Number(/\[chunk every (\d+) ms\]/.exec(body)?.[1] ?? 0);
