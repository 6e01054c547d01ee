// Some of the seeds of a replay in a thread of their own: opens the files for itself, says how far it is, and hands back the scores.
import { parentPort, workerData } from 'node:worker_threads';
import { seededRng, systemClock } from '../../world.ts';
import { openReplay, type ReplayFiles } from './open.ts';
import { replay, type Replayed, type Terms } from './replay.ts';

export type ThreadWork = { readonly files: ReplayFiles; readonly terms: Terms; readonly seeds: readonly number[] };
export type ThreadNews = { readonly requests: number } | { readonly replayed: Replayed };

const play = async ({ files, terms, seeds }: ThreadWork, tell: (news: ThreadNews) => void): Promise<void> => {
  const opened = await openReplay(files, { clock: systemClock });
  const replayed = replay({
    ...opened,
    ...terms,
    seeds,
    clock: systemClock,
    rngOf: seededRng,
    onRequests: (requests) => tell({ requests }),
  });
  tell({ replayed });
};

if (parentPort) await play(workerData as ThreadWork, (news) => parentPort?.postMessage(news, []));
