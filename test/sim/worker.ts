// A thread that plays what it is handed, one world after another, and tells how each ended.
import { parentPort } from 'node:worker_threads';
import type { PlayOptions } from './kinds.ts';
import { play, type Verdict } from './play.ts';

/** What it is asked, and what it answers; a world that could not be played at all is a `fault`. */
export type Played = { readonly verdict: Verdict } | { readonly options: PlayOptions; readonly fault: string };

const port = parentPort;
if (!port) throw new Error('this file is the inside of a thread: see threads.ts');

const answer = async (options: PlayOptions): Promise<Played> => {
  try {
    return { verdict: await play(options) };
  } catch (fault) {
    return { options, fault: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault) };
  }
};

port.on('message', (batch: readonly PlayOptions[]) => {
  void (async () => {
    const played: Played[] = [];
    for (const options of batch) played.push(await answer(options));
    port.postMessage(played);
  })();
});
