// Traffic that comes when it comes, answered or not: whole and streamed, judged, left in the middle, and policies that are edited meanwhile.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Rng } from '../../src/core/ports.ts';
import { systemClock } from '../../src/world.ts';
import { ask, type Asked, isAnswered, judge } from '../crash/load.ts';
import { POLICIES } from '../crash/place.ts';

const STREAMING = 0.3;
const LEAVING = 0.05;
const JUDGING = 0.3;
/** What is kept of an answer once it is over: an error's words, or the end of a stream. */
const KEPT_CHARACTERS = 400;

export type TrafficOf = {
  readonly url: string;
  readonly rng: Rng;
  readonly nextNumber: () => number;
  /** Requests a second, on average. */
  readonly rate: number;
  /** A policy that is written anew, and how often. */
  readonly policy: string;
  readonly editMs: number;
};

export type Traffic = {
  /** Those that are over; bodies cut to their ends. */
  readonly asked: Asked[];
  /** Nobody asks again; resolves when nobody is under way. */
  stop(): Promise<void>;
};

export const startTraffic = ({ url, rng, nextNumber, rate, policy, editMs }: TrafficOf): Traffic => {
  const asked: Asked[] = [];
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();

  const one = async (): Promise<void> => {
    const number = nextNumber();
    const name = POLICIES[Math.floor(rng.next() * POLICIES.length)] ?? 'open';
    const stream = rng.next() < STREAMING;
    const leaveMs = rng.next() < LEAVING ? rng.next() * 300 : undefined;
    const isJudged = rng.next() < JUDGING;
    const score = Math.round(rng.next() * 4) / 4;
    const visiting = ask({ url, number, policy: name, stream });
    if (leaveMs !== undefined) {
      await Promise.race([visiting.over, systemClock.sleep(leaveMs)]);
      if (visiting.heard.ended === 'open') visiting.leave();
    }
    const heard = await visiting.over;
    const request: Asked = {
      number,
      policy: name,
      stream,
      heard: { ...heard, body: heard.body.slice(-KEPT_CHARACTERS) },
    };
    if (isJudged && isAnswered(request)) await judge(url, request, score);
    asked.push(request);
  };

  const come = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const answered = one();
      underWay.add(answered);
      void answered.finally(() => underWay.delete(answered));
      await systemClock.sleep((-Math.log(1 - rng.next()) / rate) * 1_000, stopping.signal);
    }
  };
  const edit = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await systemClock.sleep(editMs, stopping.signal);
      if (!stopping.signal.aborted) writeFileSync(policy, `${readFileSync(policy, 'utf8').trimEnd()}\n`);
    }
  };
  const over = Promise.all([come(), edit()]);
  return {
    asked,
    stop: async () => {
      stopping.abort();
      await over;
      await Promise.all(underWay);
    },
  };
};
