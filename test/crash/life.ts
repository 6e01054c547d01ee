// One ledger and the routers that serve it one after another, each killed at a moment nobody chose.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Rng } from '../../src/core/ports.ts';
import type { OpenedLedger } from '../../src/ledger/recover.ts';
import { seededRng, systemClock } from '../../src/world.ts';
import { killEarly, type Serving, startServe } from '../support/process.ts';
import { freshBeliefs, rebuiltDigest, teach } from './beliefs.ts';
import { judgeCap } from './cap.ts';
import { type Figures, judgeKill } from './judge.ts';
import { callsOf, openToRead, verified, viewsIn } from './ledger.ts';
import { createNumbers, startLoad } from './load.ts';
import { openPlace, type Place } from './place.ts';

const MOST_LOAD_MS = 1_200;
/** One in so many is killed once more while it still starts. */
const EARLY = 0.15;
const MOST_START_MS = 600;
const CALLS_END_MS = 5_000;

export type Verdict = { readonly findings: readonly string[]; readonly figures?: Figures; readonly capped?: boolean };

/** The sellers notice on their own sockets that their caller is dead. */
const callsEnd = async ({ sellers }: Place): Promise<void> => {
  const from = systemClock.elapsed();
  while (sellers.some((seller) => seller.busy() > 0) && systemClock.elapsed() - from < CALLS_END_MS)
    await systemClock.sleep(3);
};

const freshProcessBelieves = (path: string): string =>
  execFileSync(process.execPath, [join(import.meta.dirname, 'beliefs-child.ts'), path], { encoding: 'utf8' });

type Successor = {
  readonly serving: Serving;
  /** Another was killed while it started: what it had settled it may have said, or not. */
  readonly hurried: boolean;
};

const startAgain = async (place: Place, rng: Rng): Promise<Successor> => {
  const at = { cwd: place.folder, env: place.env };
  const hurried = rng.next() < EARLY;
  if (hurried) await killEarly(place.file, at, rng.next() * MOST_START_MS);
  return { serving: await startServe(place.file, at), hurried };
};

/** What the ledger teaches, read from its beginning, is what was taught as it came; also in a process that knows nothing else. */
const judgeBeliefs = async (ledger: OpenedLedger, taught: string, path?: string): Promise<readonly string[]> => {
  const believed = await rebuiltDigest(ledger);
  return [
    ...(believed === taught ? [] : ['who reads the ledger believes something else than who was there']),
    ...(path === undefined || freshProcessBelieves(path) === believed
      ? []
      : ['two processes that read the same ledger believe different things']),
  ];
};

/** @param kills how often; yields a verdict after each */
export async function* live(seed: number, kills: number): AsyncGenerator<Verdict> {
  const rng = seededRng(seed);
  await using place = await openPlace(seededRng(seed + 1));
  const nextNumber = createNumbers();
  const since = systemClock.now();
  const beliefs = freshBeliefs();
  const at = { cwd: place.folder, env: place.env };
  // What a process has compiled it leaves to the next only when it ends in peace.
  await (await startServe(place.file, at)).stop();
  let serving = await startServe(place.file, at);
  try {
    let seen = { at: since, elapsed: systemClock.elapsed() };
    for (let kill = 1; kill <= kills; kill += 1) {
      const load = startLoad({ url: serving.url, rng, nextNumber });
      await systemClock.sleep(rng.next() * MOST_LOAD_MS);
      const killedAt = systemClock.elapsed();
      load.stop();
      await serving.kill();
      await load.over;
      await callsEnd(place);
      const successor = await startAgain(place, rng);
      serving = successor.serving;
      const now = { at: systemClock.now(), elapsed: systemClock.elapsed() };
      await using ledger = await openToRead(place);
      const views = await viewsIn(ledger, { from: seen.at, to: now.at });
      const calls = callsOf(place).filter(({ at }) => at >= seen.elapsed);
      seen = now;
      const said = successor.hurried ? undefined : serving.err();
      const { findings, figures } = judgeKill({ asked: load.asked, views, calls, said, killedAt });
      for (const view of views) teach(beliefs, view);
      const believed = await judgeBeliefs(ledger, beliefs.digest(), kill === kills ? place.ledger : undefined);
      const cap = await judgeCap({ place, ledger, url: serving.url, number: nextNumber(), since });
      const ready = await fetch(`${serving.url}/health/ready`);
      yield {
        figures,
        capped: cap.refused,
        findings: [
          ...findings,
          ...believed,
          ...cap.findings,
          ...(await verified(place.file)),
          ...(ready.status === 200 ? [] : [`not ready after the restart: ${await ready.text()}`]),
        ],
      };
    }
  } finally {
    await serving.kill();
  }
}
