// bourse ledger export: one line per request, written as it is read, so that a ledger of any size fits.
import { once } from 'node:events';
import { loadConfig } from '../config.ts';
import type { RequestView } from '../core/ledger.ts';
import { usdOf } from '../core/money.ts';
import { decisionView } from '../http/decision-view.ts';
import { feedbackOf, outcomeOf } from '../http/request-view.ts';
import type { TrafficMark } from '../ledger/traffic.ts';
import { DURATION } from '../policy/units.ts';
import { systemClock } from '../world.ts';
import { readWords, type Terminal, UsageError } from './command.ts';
import { CONFIG_OPTION } from './open.ts';
import { openToRead } from './open-ledger.ts';

const lineOf = (view: RequestView): string => {
  // What would have changed the choice can be made again from the ladder; the words that the classifier saw come from the prompt.
  const { flips: _flips, why: _why, profile, ...decision } = decisionView(view.decision);
  const { reasons: _reasons, ...seen } = profile;
  return JSON.stringify({
    ...decision,
    profile: seen,
    caller: view.caller,
    dispatches: view.dispatches.map(({ attempt, at, offer, reserved }) => ({
      attempt,
      at: new Date(at).toISOString(),
      offer,
      reserved_usd: usdOf(reserved),
    })),
    outcome: outcomeOf(view),
    feedback: feedbackOf(view),
  });
};

type Cell = string | number | undefined;

const COLUMNS: Readonly<Record<string, (view: RequestView) => Cell>> = {
  request_id: ({ decision }) => decision.requestId,
  at: ({ decision }) => new Date(decision.at).toISOString(),
  caller: ({ caller }) => caller,
  policy: ({ decision }) => decision.policy,
  reason: ({ decision }) => decision.reason,
  task: ({ decision }) => decision.profile.task,
  band: ({ decision }) => decision.profile.band,
  chosen: ({ decision }) => decision.ladder[0]?.quote.offer.key,
  expected_cost_usd: ({ decision }) => decision.ladder[0] && usdOf(decision.ladder[0].quote.cost),
  status: ({ outcome }) => outcome?.status,
  error: ({ outcome }) => outcome?.error,
  offer: ({ outcome }) => outcome?.offer,
  attempts: ({ outcome }) => outcome?.attempts.length,
  cost_usd: ({ outcome }) => outcome && usdOf(outcome.cost),
  cost_status: ({ outcome }) => outcome?.costStatus,
  baseline_usd: ({ outcome }) => outcome?.baselineCost && usdOf(outcome.baselineCost),
  first_token_ms: ({ outcome }) => outcome?.firstTokenMs,
  total_ms: ({ outcome }) => outcome?.totalMs,
  scores: ({ feedback }) => feedback.map(({ source, score }) => `${source}=${score}`).join(' '),
};

/** Text that a spreadsheet would take for a formula begins with an apostrophe. */
const cell = (value: Cell): string => {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const FORMATS = {
  jsonl: { head: undefined, line: lineOf },
  csv: {
    head: Object.keys(COLUMNS).join(),
    line: (view: RequestView) =>
      Object.values(COLUMNS)
        .map((read) => cell(read(view)))
        .join(),
  },
};

const formatOf = (text: string) => {
  if (text === 'jsonl' || text === 'csv') return FORMATS[text];
  throw new UsageError(`--format takes jsonl or csv, not "${text}"`);
};

const sinceMs = (text: string): number => {
  const ms = DURATION.read(text);
  if (ms === undefined) throw new UsageError(`--since takes ${DURATION.what}, such as 7d, not "${text}"`);
  return ms;
};

export const exportRecords = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { values } = readWords(words, {
    ...CONFIG_OPTION,
    since: { type: 'string' },
    format: { type: 'string', default: 'jsonl' },
    json: { type: 'boolean', default: false },
  });
  const { head, line } = formatOf(values.json ? 'jsonl' : values.format);
  const now = systemClock.now();
  const range = {
    from: values.since === undefined ? Number.NEGATIVE_INFINITY : now - sinceMs(values.since),
    to: now + 1,
  };
  const ledger = await openToRead(loadConfig(values.config));
  let unreadable = 0;
  try {
    if (head !== undefined) terminal.out(head);
    let after: TrafficMark | undefined;
    do {
      const page = await ledger.records({ range, after });
      for (const view of page.requests) terminal.out(line(view));
      for (const why of page.unreadable) terminal.err(`left out: ${why}`);
      unreadable += page.unreadable.length;
      // A reader slower than we are: what waits for it must not pile up.
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
      after = page.next;
    } while (after);
    if (unreadable > 0) terminal.err(`${unreadable} requests cannot be read; "bourse ledger verify" says what to do`);
    return unreadable === 0 ? 0 : 1;
  } finally {
    await ledger.close();
  }
};
