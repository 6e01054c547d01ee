// npm run test:soak: after a warm-up ten minutes (or --minutes, or --hours) of mixed traffic with faults, and whether anything grows, stays open or fails unexplained.
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    hours: { type: 'string' },
    rate: { type: 'string', default: '30' },
    seed: { type: 'string', default: '7' },
    leak: { type: 'string', default: '0' },
  },
});
const minutes = values.hours === undefined ? Number(values.minutes) : 60 * Number(values.hours);
const [rate, seed, leakBytes] = [Number(values.rate), Number(values.seed), Number(values.leak)];
if (!(minutes > 0) || !(rate > 0) || !Number.isInteger(seed) || !(leakBytes >= 0))
  throw new RangeError('--minutes, --hours and --rate take numbers above 0, --seed a whole number, --leak bytes');

const checks = await soak({ minutes, rate, seed, leakBytes, say: (line) => console.log(line) });
for (const { what, findings } of checks) {
  console.log(`${findings.length === 0 ? 'ok  ' : 'FAIL'} ${what}`);
  for (const line of findings.slice(0, 20)) console.log(`       ${line}`);
}
const failed = checks.filter(({ findings }) => findings.length > 0).length;
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || checks.length === 0 ? 1 : 0);
