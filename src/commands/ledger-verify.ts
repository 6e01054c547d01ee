// bourse ledger verify: everything in the ledger read once and held against itself.
import { loadConfig } from '../config.ts';
import type { SpendRow } from '../core/ledger.ts';
import type { CheckPage, CheckStep } from '../ledger/check.ts';
import { FIRST_STEPS } from '../ledger/check.ts';
import type { Problem } from '../ledger/check-request.ts';
import { addTotals, type DayTotals } from '../ledger/day-totals.ts';
import type { OpenedLedger } from '../ledger/recover.ts';
import { readWords, type Terminal } from './command.ts';
import { CONFIG_OPTION } from './open.ts';
import { openToRead } from './open-ledger.ts';

const EVER = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
/** Named one by one; the rest is counted. */
const MOST_NAMED = 1_000;
const UNREADABLE =
  'stop the router, copy the ledger aside and restore a backup; "sqlite3 ledger.sqlite .recover" saves what can be';
const UNEQUAL = 'reports count another sum than the records make: keep a copy of the ledger and report it';

const messageOf = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault));

const placeOf = (step: CheckStep): string => {
  if (step.part === 'requests') return step.after ? `after request ${step.after.requestId}` : 'from the first on';
  return 'after' in step && step.after ? `after ${step.after}` : 'from the first on';
};

/** A part that cannot be read to its end is a problem of its own; the next part is looked at all the same. */
const pagesOf = async function* (ledger: OpenedLedger): AsyncGenerator<CheckPage> {
  for (const first of FIRST_STEPS) {
    let step: CheckStep | undefined = first;
    while (step) {
      const now: CheckStep = step;
      const page: CheckPage = await ledger.check(now).catch((fault: unknown) => ({
        problems: [{ table: now.part, row: placeOf(now), what: messageOf(fault), remedy: UNREADABLE }],
        looked: 0,
      }));
      yield page;
      step = page.next;
    }
  }
};

const FIGURES = ['requests', 'failed', 'attempts', 'ambiguous', 'cost', 'ambiguousCost'] as const;
const NOTHING = { requests: 0, failed: 0, attempts: 0, ambiguous: 0, cost: 0, ambiguousCost: 0 };

/** Days on which the sums changed while the walk went on are somebody's traffic, not damage. */
const unequalDays = (
  before: readonly SpendRow[],
  after: readonly SpendRow[],
  replayed: ReadonlyMap<string, DayTotals>,
): Problem[] =>
  [...new Set([...after.map(({ key }) => key), ...replayed.keys()])].flatMap((day) => {
    const [then, now] = [before, after].map((rows) => rows.find(({ key }) => key === day) ?? NOTHING);
    if (!then || !now || FIGURES.some((figure) => then[figure] !== now[figure])) return [];
    const own = replayed.get(day) ?? NOTHING;
    return FIGURES.filter((figure) => BigInt(own[figure]) !== BigInt(now[figure])).map((figure) => ({
      table: 'sums',
      row: `${day} ${figure}`,
      what: `reports say ${now[figure]}, the records make ${own[figure]}`,
      remedy: UNEQUAL,
    }));
  });

const daysOf = (ledger: OpenedLedger): Promise<readonly SpendRow[] | undefined> =>
  // Where the tables cannot be read the walk says where.
  ledger.spend(EVER, 'day').catch(() => undefined);

type Verdict = { damage: number; looked: number; open: number };

const walk = async (ledger: OpenedLedger, name: (problem: Problem) => void): Promise<Verdict> => {
  const verdict = { damage: 0, looked: 0, open: 0 };
  const tell = (problem: Problem): void => {
    verdict.damage += 1;
    if (verdict.damage <= MOST_NAMED) name(problem);
  };
  const before = await daysOf(ledger);
  const days = new Map<string, DayTotals>();
  let sealed = '';
  for await (const page of pagesOf(ledger)) {
    verdict.looked += page.looked;
    verdict.open += page.open ?? 0;
    page.problems.forEach(tell);
    if (page.sealedUntil !== undefined) sealed = new Date(page.sealedUntil).toISOString().slice(0, 10);
    for (const day of page.days ?? []) days.set(day.key, addTotals(days.get(day.key), day));
  }
  const after = await daysOf(ledger);
  // Of days whose requests were dropped only the sums are kept.
  const kept = (rows: readonly SpendRow[]): SpendRow[] => rows.filter(({ key }) => key > sealed);
  for (const day of days.keys()) if (day <= sealed) days.delete(day);
  if (before && after) unequalDays(kept(before), kept(after), days).forEach(tell);
  return verdict;
};

export const verify = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values } = readWords(words, { ...CONFIG_OPTION, json: { type: 'boolean', default: false } });
  const ledger = await openToRead(loadConfig(values.config));
  const named: Problem[] = [];
  const name = (problem: Problem): void => {
    if (values.json) named.push(problem);
    else terminal.out(`${problem.table}: ${problem.row}: ${problem.what}\n  ${problem.remedy}`);
  };
  try {
    const { damage, looked, open } = await walk(ledger, name);
    const cut = `${open} calls are under way, or were cut off and are settled when the router starts again`;
    const verdict = damage === 0 ? 'the ledger is whole' : `${damage} things do not hold`;
    if (values.json)
      terminal.out(JSON.stringify({ whole: damage === 0, damage, looked, open, problems: named }, null, 2));
    else terminal.out(`${looked} records looked at: ${verdict}${open > 0 ? `; ${cut}` : ''}`);
    return damage === 0 ? 0 : 1;
  } finally {
    await ledger.close();
  }
};
