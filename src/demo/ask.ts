// One request of the demo through the real openai client: what came back, who answered, what it cost, or how it failed.
import { APIError } from 'openai';
import type OpenAI from 'openai';
import { z } from 'zod';
import { isModelKey, offerKey } from '../core/offer.ts';
import type { Entry } from './log.ts';

export type Message = OpenAI.ChatCompletionMessageParam;

export type Asked = Pick<Entry, 'attempts' | 'spendUsd' | 'result' | 'requestId'> & {
  readonly feedbackToken?: string;
  /** What goes into the conversation; a tool call is kept as words. */
  readonly text: string;
};

export type AskOptions = {
  readonly client: OpenAI;
  readonly body: OpenAI.ChatCompletionCreateParamsNonStreaming;
  readonly stream: boolean;
  readonly signal?: AbortSignal;
};

const costFields = z.object({ cost_usd: z.number().nonnegative() });

type Headers = { get(name: string): string | null };

const readHeaders = (headers: Headers) => {
  const provider = headers.get('x-bourse-provider') ?? '';
  const model = headers.get('x-bourse-model') ?? '';
  const requestId = headers.get('x-bourse-request-id');
  const feedbackToken = headers.get('x-bourse-feedback-token');
  const cost = headers.get('x-bourse-cost-usd');
  return {
    ...(isModelKey(model) && provider ? { offer: offerKey(provider, model) } : {}),
    ...(requestId ? { requestId } : {}),
    ...(feedbackToken ? { feedbackToken } : {}),
    ...(cost === null ? {} : { cost: Number(cost) }),
    attempts: Number(headers.get('x-bourse-attempts') ?? 1),
  };
};

type Read = ReturnType<typeof readHeaders>;

const answered = (read: Read, text: string, cost: number | undefined): Asked => {
  const { offer, cost: _header, attempts, ...ids } = read;
  const spendUsd = cost ?? read.cost;
  if (!offer || spendUsd === undefined || !Number.isFinite(spendUsd))
    return failed(read, { code: 'unlabelled', message: 'the answer does not say who gave it, or at what cost' });
  return { ...ids, attempts, spendUsd, text, result: { kind: 'answered', offer } };
};

const failed = (
  read: Partial<Read>,
  failure: { readonly code: string; readonly message: string; readonly status?: number },
): Asked => {
  const { offer: _offer, cost = 0, attempts = 0, ...ids } = read;
  return { ...ids, attempts, spendUsd: cost, text: '', result: { kind: 'failed', ...failure } };
};

const costOf = (usage: unknown): number | undefined => {
  const parsed = costFields.safeParse(usage);
  return parsed.success ? parsed.data.cost_usd : undefined;
};

const wordsOf = ({ content, tool_calls: calls }: OpenAI.ChatCompletionMessage): string =>
  calls && calls.length > 0 ? JSON.stringify(calls) : (content ?? '');

const askWhole = async ({ client, body, signal }: AskOptions): Promise<Asked> => {
  const options = { maxRetries: 0, ...(signal ? { signal } : {}) };
  const { data, response } = await client.chat.completions.create(body, options).withResponse();
  const message = data.choices[0]?.message;
  const read = readHeaders(response.headers);
  if (!message) return failed(read, { code: 'empty', message: 'the answer has no choice' });
  return answered(read, wordsOf(message), costOf(data.usage));
};

const askStream = async ({ client, body, signal }: AskOptions): Promise<Asked> => {
  const options = { maxRetries: 0, ...(signal ? { signal } : {}) };
  const { data, response } = await client.chat.completions
    .create({ ...body, stream: true, stream_options: { include_usage: true } }, options)
    .withResponse();
  const read = readHeaders(response.headers);
  let text = '';
  let finished = false;
  let cost: number | undefined;
  try {
    for await (const chunk of data) {
      const [choice] = chunk.choices;
      text += choice?.delta.content ?? '';
      for (const call of choice?.delta.tool_calls ?? []) text += call.function?.arguments ?? '';
      finished ||= Boolean(choice?.finish_reason);
      if (chunk.usage) cost = costOf(chunk.usage) ?? cost;
    }
  } catch (error) {
    return { ...failed(read, failureOf(error)), spendUsd: cost ?? 0 };
  }
  if (!finished) return failed(read, { code: 'unfinished', message: 'the stream ended without a finish' });
  return answered(read, text, cost);
};

const failureOf = (error: unknown): { code: string; message: string; status?: number } => {
  if (!(error instanceof APIError)) return { code: 'client', message: String(error) };
  const { status, code, message } = error;
  return { code: code ?? error.name, message, ...(typeof status === 'number' ? { status } : {}) };
};

/** Never rejects: an error is an answer as well, and is counted. */
export const ask = async (options: AskOptions): Promise<Asked> => {
  try {
    return await (options.stream ? askStream(options) : askWhole(options));
  } catch (error) {
    const headers = error instanceof APIError ? error.headers : undefined;
    return failed(headers ? readHeaders(headers) : {}, failureOf(error));
  }
};
