// What several commands need: the configuration as given on the command line, and a pipeline to ask without a server.
import { createApp, type App } from '../app.ts';
import { type Config, loadConfig } from '../config.ts';
import { freshSeed, seededRng, systemClock } from '../world.ts';
import type { Terminal } from './command.ts';

export const CONFIG_OPTION = { config: { type: 'string' } } as const;

/** Nothing to route to is not a state to serve in: say what would help. */
const requireOffers = (config: Config, terminal: Terminal): void => {
  for (const warning of config.warnings) terminal.err(`warning: ${warning}`);
  if (config.providers.length > 0) return;
  throw new Error(
    'there is nothing to route to: set a key such as OPENAI_API_KEY or ANTHROPIC_API_KEY, set OLLAMA_BASE_URL or VLLM_BASE_URL, ' +
      'or name a provider in bourse.yaml (docs/providers.md). To look around without a key: npm run demo',
  );
};

/** @throws Error that says what to mend */
export const openApp = async (path: string | undefined, terminal: Terminal): Promise<{ app: App; config: Config }> => {
  const config = loadConfig(path);
  requireOffers(config, terminal);
  const world = { clock: systemClock, rng: seededRng(freshSeed()), say: terminal.err };
  const app = await createApp(config, world);
  if (app.market.offers.length > 0) return { app, config };
  await app.close();
  throw new Error(
    'no configured provider sells a model that is known here: declare offers in bourse.yaml (docs/providers.md)',
  );
};
