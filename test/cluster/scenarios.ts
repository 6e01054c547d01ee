// All scenarios, in the order they are played.
import type { Scenario } from './scenario.ts';
import { beliefs } from './scenarios/beliefs.ts';
import { cap } from './scenarios/cap.ts';
import { clocks } from './scenarios/clocks.ts';
import { cpu, throughput } from './scenarios/cost.ts';
import { dead } from './scenarios/dead.ts';
import { emptied } from './scenarios/emptied.ts';
import { GROUPS, groupScenario } from './scenarios/groups.ts';
import { late } from './scenarios/late.ts';
import { leader } from './scenarios/leader.ts';
import { ledgerTroubles } from './scenarios/ledger.ts';
import { news } from './scenarios/news.ts';
import { OUTAGES, outageScenario } from './scenarios/outage.ts';
import { secure } from './scenarios/secure.ts';

export const SCENARIOS: readonly Scenario[] = [
  cap,
  news,
  beliefs,
  ...OUTAGES.map(outageScenario),
  emptied,
  ...GROUPS.map(groupScenario),
  dead,
  late,
  secure,
  clocks,
  ...ledgerTroubles,
  leader,
  throughput,
  cpu,
];
