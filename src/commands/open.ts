// What several commands need: the configuration as given on the command line, with something in it to route to.
import { type App, createApp } from '../app.ts';
import { openAdviser } from '../app/adviser.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Offer } from '../core/offer.ts';
import type { DryRun } from '../route.ts';
import { freshSeed, seededRng, systemClock } from '../world.ts';
import type { Terminal } from './command.ts';

export const CONFIG_OPTION = { config: { type: 'string' } } as const;

/** Nothing to route to is not a state to serve in: say what would help. */
const configWithProviders = (path: string | undefined, terminal: Terminal): Config => {
  const config = loadConfig(path);
  for (const warning of config.warnings) terminal.err(`warning: ${warning}`);
  if (config.providers.length > 0) return config;
  throw new Error(
    'there is nothing to route to: set a key such as OPENAI_API_KEY or ANTHROPIC_API_KEY, set OLLAMA_BASE_URL or VLLM_BASE_URL, ' +
      'or name a provider in bourse.yaml (docs/providers.md). To look around without a key: npm run demo',
  );
};

const requireOffers = (offers: readonly Offer[]): void => {
  if (offers.length > 0) return;
  throw new Error(
    'no configured provider sells a model that is known here: declare offers in bourse.yaml (docs/providers.md)',
  );
};

const worldOf = (terminal: Terminal) => ({ clock: systemClock, rng: seededRng(freshSeed()), say: terminal.err });

/** @throws Error that says what to mend */
export const openApp = async (path: string | undefined, terminal: Terminal): Promise<{ app: App; config: Config }> => {
  const config = configWithProviders(path, terminal);
  const app = await createApp(config, worldOf(terminal));
  try {
    requireOffers(app.market.offers);
    return { app, config };
  } catch (fault) {
    await app.close();
    throw fault;
  }
};

/** @throws Error that says what to mend */
export const openDryRun = async (path: string | undefined, terminal: Terminal): Promise<DryRun> => {
  const { dryRun, offers } = await openAdviser(configWithProviders(path, terminal), worldOf(terminal));
  requireOffers(offers);
  return dryRun;
};
