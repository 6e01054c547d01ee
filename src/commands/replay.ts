// bourse replay: what the router would have made of recorded prompts, beside a coin flip, the best model and an oracle.
import { basename } from 'node:path';
import type { Goal } from '../app/replay/objective.ts';
import { notesOf } from '../app/replay/notes.ts';
import { openReplay, type ReplayFiles } from '../app/replay/open.ts';
import { createProgress, type Progress } from '../app/replay/progress.ts';
import { PROTOCOLS, type Protocol, seedsUpTo } from '../app/replay/replay.ts';
import { reportOf } from '../app/replay/report.ts';
import { reportText } from '../app/replay/report-text.ts';
import type { Recording } from '../app/replay/rows.ts';
import { replayThreaded } from '../app/replay/threads.ts';
import { seededRng, systemClock } from '../world.ts';
import { type Command, readWords, type Terminal, UsageError, wholeNumber } from './command.ts';

const MOST_SEEDS = 1_000;
const MOST_GOALS = 50;
/** What an answer is worth where nobody asked for dollars: two models are told apart all the same. */
const PAIR_ONLY: Goal = { kind: 'worth', usd: 1 };

const OPTIONS = {
  data: { type: 'string' },
  protocol: { type: 'string', default: 'bandit' },
  budget: { type: 'string', multiple: true, default: [] as string[] },
  worth: { type: 'string', multiple: true, default: [] as string[] },
  floor: { type: 'string', multiple: true, default: [] as string[] },
  models: { type: 'string' },
  labels: { type: 'string' },
  warm: { type: 'string' },
  seeds: { type: 'string', default: '5' },
  'feedback-rate': { type: 'string', default: '1' },
  noise: { type: 'string', default: '0' },
  events: { type: 'string' },
  prices: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;
type Values = ReturnType<typeof readWords<typeof OPTIONS>>['values'];

const numberIn = (text: string, name: string, { above, most }: { above?: number; most: number }): number => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const low = above === undefined ? value >= 0 : value > above;
  if (!low || !(value <= most)) {
    const range = above === undefined ? `from 0 to ${most}` : `above ${above}, at most ${most}`;
    throw new UsageError(`--${name} takes a number ${range}, not "${text}"`);
  }
  return value;
};

const floorOf = (text: string): Goal => {
  const [, share = '', model = ''] = /^([^:]*):(.+)$/.exec(text) ?? [];
  if (model === '')
    throw new UsageError(`--floor takes a share of a model's quality, such as 0.95:MODEL, not "${text}"`);
  return { kind: 'floor', share: numberIn(share, 'floor', { above: 0, most: 1 }), model };
};

const goalsOf = ({ budget, worth, floor }: Values): Goal[] => {
  const usd =
    (kind: 'budget' | 'worth') =>
    (text: string): Goal => ({
      kind,
      usd: numberIn(text.replace(/^\$/, ''), kind, { above: 0, most: 1_000 }),
    });
  const goals = [...budget.map(usd('budget')), ...worth.map(usd('worth')), ...floor.map(floorOf)];
  if (goals.length > MOST_GOALS) throw new UsageError(`at most ${MOST_GOALS} goals in one replay`);
  return goals;
};

const modelsOf = (models: string | undefined): readonly string[] | undefined => {
  const names = models?.split(',').map((name) => name.trim());
  if (names?.some((name) => name === '')) throw new UsageError('--models takes names separated by commas');
  return names && [...new Set(names)];
};

const protocolOf = ({ protocol }: Values): Protocol => {
  const known = PROTOCOLS.find((name) => name === protocol);
  if (!known) throw new UsageError(`--protocol is bandit or supervised, not "${protocol}"`);
  return known;
};

/** Half of the prompts, where a supervised replay does not say, and has nothing else to learn from. */
const labelsOf = ({ labels, protocol, warm }: Values, prompts: number): number => {
  if (labels === undefined) return protocol === 'supervised' && warm === undefined ? Math.floor(prompts / 2) : 0;
  const count = wholeNumber(labels, 'labels', { min: 0, max: 10_000_000 });
  if (count >= prompts)
    throw new UsageError(`--labels ${count} leaves nothing to route: the file has ${prompts} prompts`);
  return count;
};

/** What the file must have for these words to make sense. */
const checkGoals =
  (goals: readonly Goal[]) =>
  ({ models }: Recording): void => {
    if (goals.length === 0 && models.length !== 2)
      throw new UsageError(
        'say what to aim for: --budget, --worth or --floor (only two models can be compared without)',
      );
    const missing = goals.find((goal) => goal.kind === 'floor' && !models.includes(goal.model));
    if (missing?.kind === 'floor')
      throw new UsageError(`--floor names ${missing.model}; the file has ${models.slice(0, 12).join(', ')}`);
  };

const filesOf = ({ data, prices, warm, events, models }: Values, goals: readonly Goal[]): ReplayFiles => {
  if (data === undefined) throw new UsageError('name the recording with --data FILE');
  const names = modelsOf(models);
  return {
    data,
    ...(names === undefined ? {} : { models: names }),
    ...(prices === undefined ? {} : { prices }),
    ...(warm === undefined ? {} : { warm }),
    ...(events === undefined ? {} : { events }),
    needsDollars: goals.length > 0,
  };
};

const NAME_ENDS = /\.(?:jsonl|json|ndjson)?(?:\.gz)?$/i;

const run = async (values: Values, terminal: Terminal, progress: Progress): Promise<void> => {
  const goals = goalsOf(values);
  const protocol = protocolOf(values);
  const seeds = wholeNumber(values.seeds, 'seeds', { min: 1, max: MOST_SEEDS });
  const feedback = {
    rate: numberIn(values['feedback-rate'], 'feedback-rate', { most: 1 }),
    noise: numberIn(values.noise, 'noise', { most: 10 }),
  };
  const files = filesOf(values, goals);
  progress.show(0, `reading ${basename(files.data)}`);
  const opened = await openReplay(files, {
    clock: systemClock,
    check: checkGoals(goals),
    onProgress: (share) => progress.show(share, 'classifying'),
  });
  const { recording, dataset } = opened;
  const labels = labelsOf(values, dataset.prompts.length);
  const aims = goals.length === 0 ? [PAIR_ONLY] : goals;
  const total = (dataset.prompts.length - labels) * seeds * aims.length;
  let done = 0;
  const onRequests = (count: number): void => {
    done += count;
    progress.show(done / total, `${done} of ${total} requests`);
  };
  const input = {
    ...opened,
    protocol,
    goals: aims,
    labels,
    feedback,
    seeds: seedsUpTo(seeds),
    clock: systemClock,
    rngOf: seededRng,
    onRequests,
  };
  const replayed = await replayThreaded({ input, files });
  progress.close();
  const { events } = opened;
  const noted = { recording, events, needsDollars: files.needsDollars, requests: dataset.prompts.length - labels };
  for (const note of notesOf(noted)) terminal.err(note);
  const name = basename(recording.file).replace(NAME_ENDS, '');
  const report = reportOf({ name, protocol, seeds, dataset, replayed, pairOnly: goals.length === 0 });
  terminal.out(values.json ? JSON.stringify(report, null, 2) : reportText(report));
};

export const replay: Command = {
  about: 'measure the router on recorded prompts: quality, dollars, and what a coin flip would have made of them',
  usage:
    'bourse replay --data FILE (--budget USD | --worth USD | --floor Q:MODEL)... [--protocol bandit|supervised]\n' +
    '              [--models a,b] [--labels N] [--warm FILE] [--seeds 5] [--feedback-rate 1] [--noise 0]\n' +
    '              [--events FILE] [--prices FILE] [--json]\n\n' +
    'FILE is JSON Lines, gzipped or not; docs/replay.md has the forms of all files and the definitions. --budget is in dollars per\n' +
    'request; goals may be repeated. --labels N learns from N prompts in full first; a supervised replay then learns no more.',
  run: async (words, terminal) => {
    const { values, positionals } = readWords(words, OPTIONS);
    if (positionals.length > 0)
      throw new UsageError(`what is "${positionals[0]}"? name the recording with --data FILE`);
    const progress = createProgress({ live: terminal.live && !values.json, write: terminal.write });
    try {
      await run(values, terminal, progress);
      return 0;
    } finally {
      progress.close();
    }
  },
};
