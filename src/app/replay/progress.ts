// A replay while it runs: one line that moves, on a terminal only.
const BAR = 24;
const CLEAR_LINE = '\u001b[K';

export type Screen = { readonly live: boolean; readonly write: (text: string) => void };
export type Progress = { show(share: number, doing: string): void; close(): void };

export const createProgress = ({ live, write }: Screen): Progress => {
  let last = '';
  return {
    show: (share, doing) => {
      if (!live) return;
      const full = Math.round(BAR * Math.min(1, Math.max(0, share)));
      const text = `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${Math.floor(100 * share)} % · ${doing}`;
      if (text === last) return;
      last = text;
      write(`\r${text}${CLEAR_LINE}`);
    },
    close: () => {
      if (last !== '') write(`\r${CLEAR_LINE}`);
      last = '';
    },
  };
};
