// Recordings for replays, made up from a seed: two kinds of prompts and two models, one of which is as good as the other on one kind only.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { datasetOf, type Dataset } from '../../src/app/replay/dataset.ts';
import { readRecording } from '../../src/app/replay/rows.ts';
import { seededRng } from './rng.ts';
import { createFakeClock } from './clock.ts';

export const SMALL = 'plain/small';
export const LARGE = 'plain/large';
/** Dollars an answer. */
export const SMALL_USD = 0.0001;
export const LARGE_USD = 0.002;

/** About as long as the hard ones, so that length gives nothing away. */
const EASY = [
  'Hello there and good morning, I hope you are well today. How is your day going so far?',
  'Thanks a lot, that was very kind of you. Have a lovely evening, and say hello to them!',
  'Hi! Tell me something nice about the spring, maybe about birds or about the flowers.',
  'Good evening to you. What shall we two chat about tonight, the weather or the garden?',
];
const HARD = [
  'Prove that every bounded linear operator has an adjoint, and derive its norm from that.',
  'Design a lock-free queue, prove it linearizable and derive its asymptotic complexity.',
  'Derive the Euler-Lagrange equation of this functional and prove the solution unique.',
  'Prove the spectral theorem for compact operators, then derive the eigenvalue bounds.',
];

export type RecordedRow = {
  readonly id: string;
  readonly prompt: string;
  readonly task?: string;
  readonly tools?: number | boolean;
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
};

/** Half easy, where both models are right nine times in ten; half hard, where the small one is right once in ten. */
export const twoKinds = (seed: number, count: number): readonly RecordedRow[] => {
  const rng = seededRng(seed);
  return Array.from({ length: count }, (_, number) => {
    const isHard = rng.next() < 0.5;
    const lines = isHard ? HARD : EASY;
    const line = lines[Math.floor(rng.next() * lines.length)] ?? '';
    const right = (chance: number): number => Number(rng.next() < chance);
    return {
      id: `row-${number}`,
      prompt: `${line} (${number})`,
      task: isHard ? 'proof' : 'talk',
      outcomes: {
        [SMALL]: { quality: right(isHard ? 0.1 : 0.9), cost_usd: SMALL_USD },
        [LARGE]: { quality: right(0.9), cost_usd: LARGE_USD },
      },
    };
  });
};

/** Gzipped when the name ends so. @returns the path */
export const writeRecording = (folder: string, name: string, rows: readonly object[]): string => {
  const path = join(folder, name);
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
};

/** What a model without a name is believed of at first: nothing in its favour. */
const priorOf = () => ({ easy: 0.7, hard: 0.5, weight: 3, outputTokens: 300 });

export const datasetFrom = async (path: string): Promise<Dataset> =>
  datasetOf({
    recording: await readRecording(path),
    prices: new Map(),
    priorOf,
    clock: createFakeClock(),
    needsDollars: true,
  });
