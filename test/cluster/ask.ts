// Requests to replicas, one after another or at a pace, with what each answered and how long it took.
import { setTimeout as wait } from 'node:timers/promises';
import type { Caller, Replica } from './world.ts';

export type Answered = {
  readonly status: number;
  readonly ms: number;
  /** When it was asked, on the clock of performance.now. */
  readonly at: number;
  readonly degraded: string | null;
  readonly id: string | null;
  readonly token: string | null;
  readonly text: string;
};

export type Question = { readonly model?: string; readonly say?: string };

export const ask = async (
  replica: Replica,
  caller: Caller,
  { model = 'auto', say = 'Say hello.' }: Question = {},
): Promise<Answered> => {
  const at = performance.now();
  const response = await fetch(`${replica.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: caller.authorization },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: say }] }),
  });
  const text = await response.text();
  return {
    status: response.status,
    ms: performance.now() - at,
    at,
    degraded: response.headers.get('x-bourse-degraded'),
    id: response.headers.get('x-bourse-request-id'),
    token: response.headers.get('x-bourse-feedback-token'),
    text,
  };
};

export const get = async (replica: Replica, caller: Caller, path: string): Promise<ReturnType<typeof JSON.parse>> => {
  const response = await fetch(`${replica.url}${path}`, { headers: { authorization: caller.authorization } });
  return JSON.parse(await response.text());
};

export const post = async (
  replica: Replica,
  caller: Caller,
  path: string,
  body: object,
): Promise<ReturnType<typeof JSON.parse>> => {
  const response = await fetch(`${replica.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: caller.authorization },
    body: JSON.stringify(body),
  });
  return JSON.parse(await response.text());
};

export type Load = {
  readonly replicas: readonly Replica[];
  readonly caller: Caller;
  /** Each replica is asked so often, one request after another. */
  readonly each: number;
  readonly pauseMs?: number;
};

/** All replicas side by side. */
export const load = async ({ replicas, caller, each, pauseMs = 0 }: Load): Promise<readonly Answered[]> => {
  const all = await Promise.all(
    replicas.map(async (replica) => {
      const answers: Answered[] = [];
      for (let count = 0; count < each; count += 1) {
        answers.push(await ask(replica, caller));
        if (pauseMs > 0) await wait(pauseMs);
      }
      return answers;
    }),
  );
  return all.flat();
};

export const ok = (answers: readonly Answered[]): number => answers.filter(({ status }) => status === 200).length;

export const quantile = (answers: readonly Pick<Answered, 'ms'>[], share: number): number => {
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};

/** On top of what may be promised: on a quiet machine, and at most on one that does much else. */
const NOISE_MS = { least: 15, most: 300 };
/** Requests a replica needs to be warm: what these take says nothing. */
const COLD = 20;

/** How much longer than the middle one the slowest takes on this machine as it is now, with nothing amiss. */
export const noiseOf = (usual: readonly Answered[], replicas: number): number => {
  const warm = usual.toSorted((a, b) => a.at - b.at).slice(COLD * replicas);
  return Math.min(NOISE_MS.most, Math.max(NOISE_MS.least, quantile(warm, 1) - quantile(warm, 0.5)));
};

/** Milliseconds until it holds; undefined when it does not within the time. */
export const until = async (holds: () => Promise<boolean>, withinMs: number): Promise<number | undefined> => {
  const from = performance.now();
  while (performance.now() - from <= withinMs) {
    if (await holds().catch(() => false)) return performance.now() - from;
    await wait(25);
  }
  return undefined;
};
