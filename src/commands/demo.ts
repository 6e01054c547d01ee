// bourse demo: everything on this machine and no key. Simulated providers on loopback, a real client, feedback, and the bill at the end.
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import OpenAI from 'openai';
import { type App, createApp } from '../app.ts';
import { DEMO_POLICIES, demoConfig } from '../app/demo.ts';
import { formatUsd, usdOf } from '../core/money.ts';
import { modelKey } from '../core/offer.ts';
import { createProgress } from '../demo/progress.ts';
import { type DemoRun, runDemo } from '../demo/run.ts';
import { scoreRun } from '../demo/score.ts';
import { scoreText } from '../demo/tables.ts';
import { startWorld, type World } from '../demo/upstreams.ts';
import { openSqliteLedger } from '../ledger/sqlite.ts';
import { readPolicies } from '../policy/load.ts';
import { savingsReport } from '../reports/savings.ts';
import { seededRng, systemClock } from '../world.ts';
import { type Command, readWords, type Terminal, wholeNumber } from './command.ts';
import { untilStopped } from './serve.ts';

const PLACE = resolve('data/demo');
const BEFORE = resolve('data/demo-before');
const SERVED_PORT = 8080;
const MOST_REQUESTS = 20_000;
/** Simulated providers answer in tens of milliseconds; requests go one after another, so that a seed gives the same run again. */
const SPEED = 3;
const CONCURRENCY = 1;

/** A run that was killed left its ledger: what it had not heard of is settled and said, then kept beside this one. */
const recoverLastRun = async (terminal: Terminal): Promise<void> => {
  const path = join(PLACE, 'ledger.sqlite');
  if (!existsSync(path)) return;
  const ledger = await openSqliteLedger({ path });
  const { requests, ambiguous, reserved } = ledger.recovered;
  if (ambiguous > 0) {
    const [total] = await ledger.spend({ from: 0, to: systemClock.now() + 1 }, 'policy');
    terminal.err(
      `the last demo ended hard. Its ledger has ${total?.requests ?? 0} requests; ${requests} were cut off, and the ` +
        `${ambiguous} calls they had sent may have cost ${formatUsd(reserved)} at most. Kept in ${BEFORE}`,
    );
  }
  await ledger.close();
  await rm(BEFORE, { recursive: true, force: true });
  await rename(PLACE, BEFORE);
};

type Stage = { readonly world: World; readonly app: App; readonly url: string };

const listen = async (app: App, port: number): Promise<string> => {
  try {
    return await app.server.listen({ host: '127.0.0.1', port });
  } catch (fault) {
    // Somebody else has the port; the demo is as good on another.
    if (fault instanceof Error && 'code' in fault && fault.code === 'EADDRINUSE')
      return app.server.listen({ host: '127.0.0.1', port: 0 });
    throw fault;
  }
};

const openApp = async (world: World, seed: number, { port, terminal }: { port: number; terminal: Terminal }) => {
  const app = await createApp(demoConfig(world, { data: PLACE, port }), {
    clock: systemClock,
    rng: seededRng(seed),
    say: (line) => (terminal.live ? undefined : terminal.err(line)),
  });
  await app.market.refresh.all();
  return { app, url: await listen(app, port) };
};

const openStage = async (seed: number, stays: boolean, terminal: Terminal): Promise<Stage> => {
  const world = await startWorld({ seed, clock: systemClock, speed: SPEED });
  try {
    return { world, ...(await openApp(world, seed, { port: stays ? SERVED_PORT : 0, terminal })) };
  } catch (fault) {
    // Its servers would keep a demo alive that has nothing to show.
    await world.close();
    throw fault;
  }
};

const play = (
  { world, app, url }: Stage,
  wish: { requests: number; seed: number },
  terminal: Terminal,
): Promise<DemoRun> => {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const columns = process.stdout.columns;
  const progress = createProgress({
    isTTY: terminal.live,
    ...(columns ? { columns } : {}),
    write: terminal.write,
  });
  return runDemo({
    ...wish,
    concurrency: CONCURRENCY,
    client,
    world,
    onProgress: progress.update,
    sendFeedback: async ({ requestId, token, score, source }) => {
      await client.post('/feedback', { body: { request_id: requestId, token, score, source } });
    },
    hooks: { refreshFeeds: async () => void (await app.market.refresh.all()) },
  }).finally(() => progress.close());
};

const worthOf = async (): Promise<{ worthUsd: number; baseline: string }> => {
  const { policies } = await readPolicies(DEMO_POLICIES);
  const plan = policies.get('auto')?.plan;
  const objective = plan?.objective;
  if (objective?.kind !== 'worth' || !plan?.feedback.baseline)
    throw new Error('the demo’s policy has no worth or no baseline');
  return { worthUsd: usdOf(objective.amount), baseline: plan.feedback.baseline };
};

export const demo: Command = {
  about: 'watch requests being routed, with simulated providers and no key',
  usage:
    'bourse demo [--requests 400] [--seed 7] [--exit] [--json FILE]\n\nWithout --exit the router keeps serving afterwards.',
  run: async (words, terminal) => {
    const { values } = readWords(words, {
      requests: { type: 'string', default: '400' },
      seed: { type: 'string', default: '7' },
      exit: { type: 'boolean', default: false },
      json: { type: 'string' },
    });
    const requests = wholeNumber(values.requests, 'requests', { min: 1, max: MOST_REQUESTS });
    const seed = wholeNumber(values.seed, 'seed', { min: 0, max: 2 ** 31 - 1 });
    await recoverLastRun(terminal);
    const stage = await openStage(seed, !values.exit, terminal);
    const { world, app, url } = stage;
    const names = world.providers.map(({ name, dialect }) => `${name} (${dialect})`);
    terminal.out(`${app.market.offers.length} offers at ${names.join(', ')}; router on ${url}`);
    const log = await play(stage, { requests, seed }, terminal);
    const { worthUsd, baseline } = await worthOf();
    const score = scoreRun({ log, truth: world.truth, baseline: modelKey(baseline), worthUsd });
    terminal.out(scoreText(score));
    const range = { from: 0, to: systemClock.now() + 1 };
    terminal.out((await savingsReport({ ledger: app.ledger }, { range, by: 'policy' })).text());
    for (const fault of log.feedbackFaults) terminal.err(`feedback was not taken: ${fault}`);
    if (values.json) await writeFile(values.json, `${JSON.stringify({ seed, ...score }, null, 2)}\n`);
    if (!values.exit) {
      terminal.out(`still serving on ${url} · model "auto" · ctrl-c ends it`);
      await untilStopped(app, terminal, { noticeMs: 0, graceMs: 1_000 });
    } else await app.close();
    await world.close();
    return score.failed > 0 ? 1 : 0;
  },
};
