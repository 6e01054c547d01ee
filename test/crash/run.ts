// npm run test:crash: kills a router at work again and again, and says what was lost, doubled or left open. Words: --cycles, --seed, --verbose.
import { parseArgs } from 'node:util';
import type { Figures } from './judge.ts';
import { live, type Verdict } from './life.ts';

/** Kills of one ledger's routers: what is taught of a model stays below what is remembered of one. */
const KILLS_PER_LIFE = 20;

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '200' },
    seed: { type: 'string', default: '7' },
    verbose: { type: 'boolean', default: false },
  },
});
const cycles = Number(values.cycles);
const firstSeed = Number(values.seed);
if (!Number.isInteger(cycles) || cycles < 1 || !Number.isInteger(firstSeed))
  throw new RangeError('--cycles takes a whole number from 1, --seed a whole number');

const verdicts: Verdict[] = [];
const tell = (seed: number, { findings, figures }: Verdict): void => {
  if (values.verbose || findings.length > 0)
    console.log(`${findings.length === 0 ? 'ok  ' : 'FAIL'} kill ${verdicts.length}  ${JSON.stringify(figures)}`);
  for (const what of findings) console.log(`       ${what}`);
  if (findings.length > 0)
    console.log(`       npm run test:crash -- --seed ${seed} --cycles ${((verdicts.length - 1) % KILLS_PER_LIFE) + 1}`);
};

const from = performance.now();
for (let life = 0; verdicts.length < cycles; life += 1) {
  const seed = firstSeed + 2 * life;
  const kills = Math.min(KILLS_PER_LIFE, cycles - verdicts.length);
  try {
    for await (const verdict of live(seed, kills)) {
      verdicts.push(verdict);
      tell(seed, verdict);
    }
  } catch (fault) {
    verdicts.push({ findings: [`the life with seed ${seed} could not be played to its end: ${String(fault)}`] });
    tell(seed, verdicts.at(-1) ?? { findings: [] });
  }
}

const sum = (of: keyof Figures): number => verdicts.reduce((total, { figures }) => total + (figures?.[of] ?? 0), 0);
const blurredMs = Math.max(...verdicts.map(({ figures }) => figures?.blurredMs ?? 0));
const refused = verdicts.filter(({ capped }) => capped).length;
const failed = verdicts.filter(({ findings }) => findings.length > 0).length;
console.log(
  `${sum('requests')} requests, ${sum('answered')} answered in full, ${sum('judged')} judgements acknowledged; ` +
    `${sum('flagged')} calls flagged, ${sum('blurred')} of them answered at most ${Math.round(blurredMs)} ms before the kill; ` +
    `the cap was used up at ${refused} starts; ${Math.round((performance.now() - from) / 1000)} s`,
);
console.log(`${verdicts.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
