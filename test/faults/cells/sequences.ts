// F30: an outage of a minute and the way back, twenty requests four seconds apart.
import { healthy, refuses, type Script } from '../../support/truth-bill/acts.ts';
import { finding } from '../cell.ts';
import type { Stand } from '../stand.ts';
import type { Row } from './rows.ts';

const OUTAGE_MS = 60_000;
const BETWEEN_MS = 4_000;
const REQUESTS = 20;
const BACK_MS = 15_000;
/** Calls to the seller that is down, per request. */
const SHARE_IN_OUTAGE = 0.3;

/** Down for a minute from its first call on. */
const outage = (): Script => {
  let from: number | undefined;
  return (asked) => {
    from ??= asked.at;
    return asked.at - from < OUTAGE_MS ? refuses({ status: 503 }) : healthy(asked);
  };
};

const everyFourSeconds = async (stand: Stand): Promise<void> => {
  const { clock } = stand.world;
  const visits = [];
  for (let request = 0; request < REQUESTS; request += 1) {
    visits.push(stand.ask());
    await clock.sleep(BETWEEN_MS);
  }
  await Promise.all(visits.map(({ over }) => over));
};

export const OUTAGE: readonly Row[] = [
  {
    id: 'F30-outage',
    about: 'Down for a minute, then healthy; another seller is there.',
    primary: 'openai',
    modes: 'N',
    script: outage(),
    plus: { status: [200], ends: 'answer', by: 'anyone', primary: [0, 1], total: [1, 2], withinMs: 5_000 },
    drive: async (stand) => {
      await everyFourSeconds(stand);
      const mine = stand.calls().filter(({ seller }) => seller === 'openai');
      const from = mine[0]?.at ?? 0;
      const during = mine.filter(({ at }) => at - from < OUTAGE_MS).length;
      const most = Math.ceil((OUTAGE_MS / BETWEEN_MS) * SHARE_IN_OUTAGE);
      const back = mine.find(({ at }) => at - from >= OUTAGE_MS)?.at;
      const isBack = back !== undefined && back - from <= OUTAGE_MS + BACK_MS;
      return [
        ...(during <= most
          ? []
          : [finding('I3', `${during} calls to a seller that is down, expected at most ${most}`)]),
        ...(isBack
          ? []
          : [
              finding(
                'I7',
                `not back ${BACK_MS} ms after it recovered: ${back === undefined ? 'never called' : Math.round(back - from - OUTAGE_MS)}`,
              ),
            ]),
      ];
    },
  },
  {
    id: 'F30-outage-alone',
    about: 'Down for a minute, then healthy; nobody else sells it.',
    primary: 'openai',
    modes: 'N',
    script: outage(),
    zero: { status: [200, 503], ends: 'any', primary: [0, 1], withinMs: 5_000 },
    drive: async (stand) => {
      await everyFourSeconds(stand);
      return [];
    },
  },
];
