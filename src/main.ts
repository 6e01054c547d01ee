// The command line: picks a command, prints what it says, ends with its exit code.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { Command, Terminal } from './commands/command.ts';
import { UsageError } from './commands/command.ts';

// A third of what a short command costs is reading the program; the second time it is kept. A folder that cannot be written changes nothing.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/bourse'));

/** Loaded when asked for: `policies check` should not wait for a web server to load. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  demo: async () => (await import('./commands/demo.ts')).demo,
  route: async () => (await import('./commands/route.ts')).route,
  replay: async () => (await import('./commands/replay.ts')).replay,
  backtest: async () => (await import('./commands/backtest.ts')).backtest,
  learn: async () => (await import('./commands/learn.ts')).learn,
  prices: async () => (await import('./commands/prices.ts')).prices,
  policies: async () => (await import('./commands/policies.ts')).policies,
  ledger: async () => (await import('./commands/ledger.ts')).ledger,
  report: async () => (await import('./commands/report.ts')).report,
  keys: async () => (await import('./commands/keys.ts')).keys,
};

const terminal: Terminal = {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  write: (text) => void process.stdout.write(text),
  live: isatty(process.stdout.fd),
};

const help = async (): Promise<string> => {
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(10)}${(await load()).about}`),
  );
  return `bourse <command> [options]\n\n${lines.join('\n')}\n\nbourse <command> --help says more. Every command takes --json.`;
};

const run = async ([name, ...words]: readonly string[]): Promise<number> => {
  if (name === undefined || name === '--help' || name === 'help') {
    terminal.out(await help());
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    terminal.err(`there is no command "${name}"\n\n${await help()}`);
    return 2;
  }
  const command = await load();
  if (words.includes('--help')) {
    terminal.out(`${command.about}\n\n${command.usage}`);
    return 0;
  }
  try {
    return await command.run(words, terminal);
  } catch (fault) {
    if (!(fault instanceof UsageError)) throw fault;
    terminal.err(`${fault.message}\n\n${command.usage}`);
    return 2;
  }
};

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (fault) {
  terminal.err(fault instanceof Error ? fault.message : String(fault));
  process.exitCode = 1;
}
