// The demo's run: the workload through the openai client, four at a time, feedback after each answer, incidents at their request.
import type OpenAI from 'openai';
import { type Asked, ask, type Message } from './ask.ts';
import { createIncidents } from './incidents.ts';
import { createJudge, type Verdict } from './judge.ts';
import type { Entry, RunLog } from './log.ts';
import { modelOf } from './incidents-report.ts';
import type { World } from './upstreams.ts';
import { createWorkload, type Item } from './workload.ts';

const CONCURRENCY = 4;
/** Feedback that cannot be delivered this often is the router's fault, and is said so. */
const FEEDBACK_FAULTS_KEPT = 20;

export type Feedback = Verdict & { readonly requestId: string; readonly token: string };

export type RunProgress = {
  readonly done: number;
  readonly requests: number;
  readonly failed: number;
  readonly fallbacks: number;
  readonly spendUsd: number;
  readonly latest: Entry;
  /** What is the matter right now, in a few words. */
  readonly news?: string;
};

export type DemoOptions = {
  readonly requests: number;
  readonly seed: number;
  /** The real client, pointed at the router. */
  readonly client: OpenAI;
  /** As the client asks for it. Default: auto. */
  readonly model?: string;
  readonly world: World;
  readonly concurrency?: number;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Rejects when the router does not take it. */
  readonly sendFeedback: (feedback: Feedback) => Promise<void>;
  readonly hooks: {
    /** Makes the router read its price feeds now; resolves when it has. */
    readonly refreshFeeds: () => Promise<void>;
  };
  readonly signal?: AbortSignal;
};

export type DemoRun = RunLog & {
  /** Why feedback was refused; the first few. */ readonly feedbackFaults: readonly string[];
};

type Conversation = { readonly messages: readonly Message[]; readonly turns: number };

const withoutSystem = (messages: readonly Message[]): number =>
  messages.filter((message) => message.role !== 'system').length;

const questionOf = (item: Item): string => {
  const content = item.body.messages.at(-1)?.content;
  return typeof content === 'string' ? content : '';
};

type GateDeps = {
  readonly items: readonly Item[];
  readonly before: (index: number) => Promise<void>;
  readonly signal: AbortSignal | undefined;
};

/** One after another through a gate, so that what happens before a request has happened before the next one too. */
const createGate = ({ items, before, signal }: GateDeps) => {
  let queue: Promise<Item | undefined> = Promise.resolve(undefined);
  let next = 0;
  return (): Promise<Item | undefined> => {
    queue = queue.then(async () => {
      const item = signal?.aborted ? undefined : items[next++];
      if (item) await before(item.index);
      return item;
    });
    return queue;
  };
};

const entryOf = (
  item: Item,
  asked: Asked,
  sent: { body: OpenAI.ChatCompletionCreateParams; knownTurns: number },
): Entry => ({
  index: item.index,
  subject: item.subject,
  body: JSON.parse(JSON.stringify(sent.body)),
  knownTurns: sent.knownTurns,
  stream: item.stream,
  attempts: asked.attempts,
  spendUsd: asked.spendUsd,
  result: asked.result,
  ...(asked.requestId === undefined ? {} : { requestId: asked.requestId }),
});

const newsOf = (index: number, { priceChange, outage }: Omit<RunLog, 'entries'>): string | undefined => {
  if (outage && index >= outage.fromRequest && index < outage.toRequest) return `${outage.provider} is down`;
  return priceChange ? `${priceChange.offer} costs a fifth` : undefined;
};

/** Sends the whole workload and resolves when the last answer is in. It never rejects for what the router does; that is in the log. */
export const runDemo = async (options: DemoOptions): Promise<DemoRun> => {
  const { requests, seed, client, world, sendFeedback, hooks, signal, model = 'auto' } = options;
  const items = createWorkload({ requests, seed });
  world.register(items.map((item) => ({ question: questionOf(item), subject: item.subject })));
  const judge = createJudge({ truth: world.truth, seed });
  const done: Entry[] = [];
  const feedbackFaults: string[] = [];
  const incidents = createIncidents({ world, requests, refreshFeeds: hooks.refreshFeeds, soFar: () => done });
  const take = createGate({ items, before: (index) => incidents.before(index), signal });
  const talks = new Map<number, PromiseWithResolvers<Conversation>>();
  for (const item of items) talks.set(item.index, Promise.withResolvers());

  const review = async (item: Item, asked: Asked): Promise<number | undefined> => {
    const { result, requestId, feedbackToken: token } = asked;
    if (result.kind !== 'answered' || requestId === undefined || token === undefined) return undefined;
    const verdict = judge(item.subject, { model: modelOf(result.offer), index: item.index });
    if (!verdict) return undefined;
    try {
      await sendFeedback({ ...verdict, requestId, token });
      return verdict.score;
    } catch (error) {
      if (feedbackFaults.length < FEEDBACK_FAULTS_KEPT) feedbackFaults.push(String(error));
      return undefined;
    }
  };

  const serve = async (item: Item): Promise<void> => {
    const past = item.follows === undefined ? undefined : await talks.get(item.follows)?.promise;
    const body = { ...item.body, model, messages: [...(past?.messages ?? []), ...item.body.messages] };
    const asked = await ask({ client, body, stream: item.stream, ...(signal ? { signal } : {}) });
    const said: Message[] = asked.result.kind === 'answered' ? [{ role: 'assistant', content: asked.text }] : [];
    talks.get(item.index)?.resolve({ messages: [...body.messages, ...said], turns: withoutSystem(body.messages) });
    const reward = await review(item, asked);
    const entry = {
      ...entryOf(item, asked, { body, knownTurns: past?.turns ?? 0 }),
      ...(reward === undefined ? {} : { reward }),
    };
    done.push(entry);
    const news = newsOf(item.index, incidents.report());
    options.onProgress?.({ ...tally(done), requests, latest: entry, ...(news === undefined ? {} : { news }) });
  };

  const work = async (): Promise<void> => {
    for (let item = await take(); item; item = await take()) await serve(item);
  };
  await Promise.all(Array.from({ length: options.concurrency ?? CONCURRENCY }, work));
  await incidents.end();
  return { entries: done.toSorted((a, b) => a.index - b.index), ...incidents.report(), feedbackFaults };
};

const tally = (entries: readonly Entry[]): Pick<RunProgress, 'done' | 'failed' | 'fallbacks' | 'spendUsd'> => ({
  done: entries.length,
  failed: entries.filter(({ result }) => result.kind === 'failed').length,
  fallbacks: entries.filter(({ result, attempts }) => result.kind === 'answered' && attempts > 1).length,
  spendUsd: entries.reduce((sum, entry) => sum + entry.spendUsd, 0),
});
