// A feed that answers for one model at a time: asks for those that matter, a few at once, and makes one reading of the answers.
import type { Feed } from '../../core/ports.ts';
import { ask, bounded, type HttpFeedDeps, MOST_FEED_BYTES } from './http.ts';
import { type Answered, createKept } from './kept.ts';

/** Models asked for in one reading. */
export const MOST_MODELS = 60;
const AT_ONCE = 4;
const MOST_ANSWER_BYTES = 512 * 1024;
const TIMEOUT_MS = 60_000;

export type PerModelDeps = Omit<HttpFeedDeps, 'maxBytes'> & {
  /** Ids as the feed writes them, the most wanted first. */
  readonly models: readonly string[];
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const addressOf = (template: string, model: string): string =>
  template.replace('{model}', model.split('/').map(encodeURIComponent).join('/'));

/**
 * Reads `spec.url` once for each model in the place of `{model}`. A model whose answer fails is left out of this reading; the reading fails
 * when all do. What it hands to `parse` is `{ "answers": [...] }`.
 */
export const createPerModelFeed = (deps: PerModelDeps): Feed => {
  const { spec, transport, headers = {} } = deps;
  const models = deps.models.slice(0, MOST_MODELS);

  const fetch = async (signal: AbortSignal): Promise<Answered> => {
    const until = bounded(signal, deps.timeoutMs ?? TIMEOUT_MS);
    const answers = new Map<string, string>();
    let fault: unknown = new Error('no model to ask for');
    let bytes = 0;
    const queue = [...models];
    const work = async (): Promise<void> => {
      for (let model = queue.shift(); model !== undefined && !until.aborted; model = queue.shift()) {
        try {
          const url = addressOf(spec.url, model);
          const answered = await ask({
            transport,
            name: spec.name,
            url,
            headers,
            maxBytes: MOST_ANSWER_BYTES,
            signal: until,
          });
          if (!answered || !isJson(answered.text)) throw new Error(`${spec.name}: no JSON for ${model}`);
          bytes += answered.text.length;
          if (bytes > MOST_FEED_BYTES) throw new RangeError(`feed is larger than ${MOST_FEED_BYTES} bytes`);
          answers.set(model, answered.text);
        } catch (caught) {
          fault = caught;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    // What had been answered when the time was over still counts.
    signal.throwIfAborted();
    if (answers.size === 0) throw fault;
    const inOrder = models.flatMap((model) => answers.get(model) ?? []);
    return { text: `{"answers":[${inOrder.join(',')}]}`, conditions: {} };
  };

  return createKept(deps, fetch);
};
