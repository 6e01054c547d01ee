// The HTTP room's limits as the configuration sets them.
import type { Config } from '../config.ts';
import { DEFAULT_LIMITS, type HttpLimits } from '../http/limits.ts';

export const limitsOf = ({ timeouts }: Config): HttpLimits => ({
  ...DEFAULT_LIMITS,
  times: { ...DEFAULT_LIMITS.times, writeStallMs: timeouts.clientWriteMs },
});
