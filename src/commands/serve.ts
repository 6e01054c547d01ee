// bourse serve: the router, until it is told to stop.
import { once } from 'node:events';
import type { App } from '../app.ts';
import { formatUsd } from '../core/money.ts';
import { type Command, readWords, type Terminal } from './command.ts';
import { CONFIG_OPTION, openApp } from './open.ts';

/** After the first signal requests under way have this long; a second signal ends at once. */
const DRAIN_MS = 30_000;
/** For the ledger, after them. */
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

/** Listens for SIGINT and SIGTERM from the call on; resolves when all is closed. */
export const untilStopped = async (app: App, terminal: Terminal): Promise<void> => {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  terminal.err('stopping: no new requests; what is under way is being finished');
  const hard = (): never => process.exit(1);
  process.once('SIGINT', hard).once('SIGTERM', hard);
  const limit = setTimeout(hard, DRAIN_MS + SETTLE_MS).unref();
  await app.close({ graceMs: DRAIN_MS });
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
    const stopped = untilStopped(app, terminal);
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
