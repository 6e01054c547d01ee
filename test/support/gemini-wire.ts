// A Gemini stream as the provider would send it, from a few words: what our reader and others' readers are fed in tests.
export type GeminiPart =
  | { readonly text: string; readonly thought?: boolean }
  | { readonly functionCall: { readonly name: string; readonly args?: object; readonly id?: string } };

export type GeminiScript = {
  /** One list of parts per chunk. */
  readonly chunks: readonly (readonly GeminiPart[])[];
  readonly reason?: string;
  readonly counts?: object;
};

const chunk = (parts: readonly GeminiPart[], more: object = {}): object => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
  modelVersion: 'gemini-test',
  responseId: 'r-test',
});

export const geminiScript = ({ chunks, reason = 'STOP', counts }: GeminiScript): object[] => [
  ...chunks.map((parts) => ({ ...chunk(parts), usageMetadata: { promptTokenCount: 12, totalTokenCount: 12 } })),
  {
    ...chunk([], { finishReason: reason }),
    usageMetadata: counts ?? { promptTokenCount: 12, candidatesTokenCount: 30, totalTokenCount: 42 },
  },
];

export const geminiSse = (chunks: readonly object[]): string =>
  chunks.map((json) => `data: ${JSON.stringify(json)}\r\n\r\n`).join('');
