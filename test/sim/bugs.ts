// The planted bugs: what the invariants must find, or they say nothing.
import { CALL_BUGS } from './bugs-calls.ts';
import { MONEY_BUGS } from './bugs-money.ts';
import type { Bug } from './layers.ts';

export const BUGS: readonly Bug[] = [...CALL_BUGS, ...MONEY_BUGS];
