// What goes on when the kill comes: requests of every kind side by side, judgements of what was answered, and who was promised what.
import type { Rng } from '../../src/core/ports.ts';
import { systemClock } from '../../src/world.ts';
import { type Heard, visit } from '../faults/client.ts';
import { POLICIES } from './place.ts';

const LANES = 10;
const LEAVING = 0.08;
const JUDGING = 0.5;
/** Questions there are. */
const PARCELS = 500;

export type Asked = {
  /** Its cap on the answer, which no other request of this ledger has: by it the seller, the ledger and the client mean the same request. */
  readonly number: number;
  readonly policy: string;
  readonly stream: boolean;
  readonly heard: Heard;
  /** A judgement that was acknowledged. */
  judged?: number;
};

export type Load = {
  readonly asked: Asked[];
  /** Nobody asks again. */
  stop(): void;
  /** Nobody is under way any more. */
  readonly over: Promise<unknown>;
};

/** The caps are large, so that what is set aside is far above what is billed. */
const FIRST_NUMBER = 1_000;

export const createNumbers = (): (() => number) => {
  let number = FIRST_NUMBER;
  return () => (number += 1);
};

export type AskFor = {
  readonly url: string;
  readonly number: number;
  readonly policy: string;
  readonly stream: boolean;
};

export const ask = ({ url, number, policy, stream }: AskFor) =>
  visit(
    {
      port: Number(new URL(url).port),
      path: '/v1/chat/completions',
      body: JSON.stringify({
        model: `auto/${policy}`,
        messages: [{ role: 'user', content: `Where is parcel ${number % PARCELS}?` }],
        max_tokens: number,
        ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
      }),
    },
    systemClock,
  );

/** Everything it was promised is there: a status, a whole body, and of a stream its end. */
export const isAnswered = ({ heard, stream }: Asked): boolean =>
  heard.status === 200 && heard.ended === 'clean' && (!stream || heard.body.endsWith('data: [DONE]\n\n'));

/** A judgement counts as acknowledged only when the whole reply has come. */
export const judge = async (url: string, asked: Asked, score: number): Promise<void> => {
  const { 'x-bourse-request-id': id = '', 'x-bourse-feedback-token': token = '' } = asked.heard.headers;
  try {
    const reply = await fetch(`${url}/v1/feedback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ request_id: id, score, token }),
    });
    await reply.text();
    if (reply.status === 200) asked.judged = score;
  } catch {
    // Killed before it could acknowledge.
  }
};

export type LoadOf = { readonly url: string; readonly rng: Rng; readonly nextNumber: () => number };

export const startLoad = ({ url, rng, nextNumber }: LoadOf): Load => {
  const asked: Asked[] = [];
  const stopping = new AbortController();
  const one = async (): Promise<void> => {
    const chance = rng.next();
    const policy = POLICIES[Math.floor(rng.next() * POLICIES.length)] ?? 'open';
    const stream = rng.next() < 0.5;
    const leaveMs = chance < LEAVING ? rng.next() * 200 : undefined;
    const number = nextNumber();
    const visiting = ask({ url, number, policy, stream });
    const request: Asked = { number, policy, stream, heard: visiting.heard };
    asked.push(request);
    if (leaveMs !== undefined) {
      await Promise.race([visiting.over, systemClock.sleep(leaveMs)]);
      if (visiting.heard.ended === 'open') visiting.leave();
    }
    await visiting.over;
    if (isAnswered(request) && rng.next() < JUDGING) await judge(url, request, Math.round(rng.next() * 4) / 4);
  };
  const lane = async (): Promise<void> => {
    while (!stopping.signal.aborted) await one();
  };
  const over = Promise.all(Array.from({ length: LANES }, lane));
  return { asked, over, stop: () => stopping.abort() };
};
