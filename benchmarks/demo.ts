// The demo as a measurement: seed 7 in full, other seeds beside it, so that nobody quotes one lucky run.
// node benchmarks/demo.ts [--seeds 7,1,2,3,4] [--out FILE]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Score } from '../src/demo/score.ts';
import { machine } from './machine.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '7,1,2,3,4' },
    requests: { type: 'string', default: '400' },
    out: { type: 'string' },
  },
});
const main = join(import.meta.dirname, '../src/main.ts');
const LONGEST_MS = 180_000;

/** One run in a folder of its own; a failed request makes the command exit with 1, which is a result too. */
const play = (seed: string): Score => {
  const place = mkdtempSync(join(tmpdir(), 'bourse-demo-'));
  const file = join(place, 'demo.json');
  const words = [main, 'demo', '--requests', values.requests, '--seed', seed, '--exit', '--json', file];
  try {
    const { error, stderr } = spawnSync(process.execPath, words, { cwd: place, encoding: 'utf8', timeout: LONGEST_MS });
    if (error) throw new Error(`seed ${seed}: ${stderr.slice(-500)}`, { cause: error });
    return JSON.parse(readFileSync(file, 'utf8')) as Score;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
};

const short = (value: number): number => Number(value.toFixed(4));

const runs = values.seeds.split(',').map((seed) => ({ seed: Number(seed), score: play(seed) }));
const seeds = runs.map(({ seed, score }) => ({
  seed,
  failed: score.failed,
  fallbacks: score.fallbacks,
  quality_of_baseline: short(score.quality / score.baseline.quality),
  spend_of_baseline: short(score.spend_usd / score.baseline.spend_usd),
  above_hull: short(score.quality - score.hull_quality),
  requests_until_moved: score.price_change?.requests_until_moved ?? null,
}));
console.table(seeds);
const [first] = runs;
if (values.out && first) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(
    values.out,
    `${JSON.stringify({ machine: machine(), seed: first.seed, ...first.score, seeds }, null, 2)}\n`,
  );
  console.log(`written to ${values.out}`);
}
