// bourse serve: the router, until it is told to stop.
import { once } from 'node:events';
import type { App } from '../app.ts';
import type { DrainConfig } from '../config/patience.ts';
import { formatUsd } from '../core/money.ts';
import { type Command, readWords, type Terminal } from './command.ts';
import { CONFIG_OPTION, openApp } from './open.ts';

/** For the ledger, after all waits. */
const SETTLE_MS = 5_000;

const report = ({ recovered, market, policies }: App, terminal: Terminal): void => {
  if (recovered.ambiguous > 0)
    terminal.err(
      `the last run ended hard: ${recovered.requests} requests were cut off; ${recovered.ambiguous} calls may have been billed, ` +
        `${formatUsd(recovered.reserved)} at most`,
    );
  const models = new Set(market.offers.map(({ model }) => model));
  const names = policies.list().map(({ name }) => name);
  terminal.err(`${market.offers.length} offers of ${models.size} models · policies: ${names.join(', ')}`);
  for (const policy of policies.list())
    for (const plan of [policy.plan, ...policy.rules.map(({ change }) => change)]) {
      const unsold = (plan.models ?? []).filter((pattern) => market.market.offersFor([pattern]).length === 0);
      if (unsold.length > 0) terminal.err(`warning: ${policy.name}: nobody configured sells ${unsold.join(', ')}`);
    }
};

/**
 * Listens for SIGINT and SIGTERM from the call on; resolves when all is closed. SIGTERM comes from machines, which need time to notice;
 * SIGINT from a person. A second signal ends what is being answered and still settles and writes; a third does not wait for that.
 */
export const untilStopped = async (app: App, terminal: Terminal, { noticeMs, graceMs }: DrainConfig): Promise<void> => {
  const signal = await Promise.race([
    once(process, 'SIGINT').then(() => 'SIGINT' as const),
    once(process, 'SIGTERM').then(() => 'SIGTERM' as const),
  ]);
  terminal.err('stopping: no new requests; what is under way is being finished');
  const notice = signal === 'SIGTERM' ? noticeMs : 0;
  const hard = (): never => process.exit(1);
  const again = (): void => {
    terminal.err('stopping now: what is under way is ended and its costs are written');
    app.hurry();
    process.off('SIGINT', again).off('SIGTERM', again);
    process.once('SIGINT', hard).once('SIGTERM', hard);
    setTimeout(hard, SETTLE_MS).unref();
  };
  process.on('SIGINT', again).on('SIGTERM', again);
  const limit = setTimeout(hard, notice + graceMs + SETTLE_MS).unref();
  await app.close({ noticeMs: notice, graceMs });
  clearTimeout(limit);
};

export const serve: Command = {
  about: 'run the router',
  usage:
    'bourse serve [--config bourse.yaml]\n\nProviders are found from the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, …) and from bourse.yaml.',
  run: async (words, terminal) => {
    const { values } = readWords(words, { ...CONFIG_OPTION, json: { type: 'boolean', default: false } });
    const { app, config } = await openApp(values.config, terminal);
    report(app, terminal);
    const stopped = untilStopped(app, terminal, config.drain);
    const where = await app.server.listen({ host: config.host, port: config.port }).catch(async (fault: unknown) => {
      await app.close();
      throw fault;
    });
    void app.market.refresh.all();
    if (values.json) terminal.out(JSON.stringify({ listening: where, offers: app.market.offers.length }));
    else terminal.out(`listening on ${where} · OpenAI clients: base URL ${where}/v1, model "auto"`);
    if (config.keys.length === 0)
      terminal.err('no keys are configured: everyone on this machine may call, and nobody else ("bourse keys create")');
    await stopped;
    return 0;
  },
};
