// The demo while it runs: one line that moves on a terminal, a plain line every tenth of the way elsewhere.
import { styleText } from 'node:util';
import type { RunProgress } from './run.ts';

export type Screen = { readonly isTTY: boolean; readonly columns?: number; readonly write: (text: string) => void };

const BAR = 20;
const CLEAR_LINE = '\u001b[K';

const dollars = (usd: number): string => `$${usd.toFixed(4)}`;

const factsOf = ({ done, requests, failed, fallbacks, spendUsd, news }: RunProgress): readonly string[] => [
  `${done}/${requests}`,
  `spent ${dollars(spendUsd)}`,
  `${fallbacks} fallbacks`,
  `${failed} failed`,
  ...(news === undefined ? [] : [news]),
];

const barOf = ({ done, requests }: RunProgress): string => {
  const full = Math.round((BAR * done) / Math.max(1, requests));
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
};

const tenth = ({ done, requests }: RunProgress): number => Math.floor((10 * done) / Math.max(1, requests));

/** `update` after every request; `close` leaves the cursor on a line of its own. */
export const createProgress = (screen: Screen): { update(progress: RunProgress): void; close(): void } => {
  let shown = 0;
  let open = false;
  const moving = (progress: RunProgress): void => {
    const [count, ...rest] = factsOf(progress);
    const text = `${barOf(progress)} ${count} · ${rest.join(' · ')}`.slice(0, (screen.columns ?? 100) - 1);
    const colour = progress.failed > 0 ? 'red' : 'green';
    screen.write(
      `\r${styleText(colour, text.slice(0, BAR), { validateStream: false })}${text.slice(BAR)}${CLEAR_LINE}`,
    );
    open = true;
  };
  const plain = (progress: RunProgress): void => {
    if (tenth(progress) <= shown) return;
    shown = tenth(progress);
    screen.write(`${String(shown * 10).padStart(3)} %  ${factsOf(progress).join(' · ')}\n`);
  };
  return {
    update: (progress) => (screen.isTTY ? moving(progress) : plain(progress)),
    close: () => {
      if (open) screen.write('\n');
      open = false;
    },
  };
};
