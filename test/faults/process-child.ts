// Bourse as a process of its own on a hurried clock: what the cells stop with signals. Words: bourse.yaml, virtual ms per real one.
import type { AddressInfo } from 'node:net';
import { createApp } from '../../src/app.ts';
import { untilStopped } from '../../src/commands/serve.ts';
import { loadConfig } from '../../src/config.ts';
import { seededRng } from '../../src/world.ts';
import { createFastClock } from '../support/truth-bill/clock.ts';
import { SEED } from './world.ts';

const [file = '', speed = '1'] = process.argv.slice(2);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const clock = createFastClock();
clock.speed = Number(speed);
const config = loadConfig(file);
const app = await createApp(config, {
  clock,
  rng: seededRng(SEED),
  say,
  log: { write: say },
  lag: { take: clock.takeLag, stop: () => undefined },
});
await app.server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${(app.server.server.address() as AddressInfo).port}\n`);
await untilStopped(app, { out: say, err: say, write: say, live: false }, config.drain);
clock.stop();
