// How long the router waits for whom, in bourse.yaml: for upstreams, for clients that do not read, and for requests under way when it stops.
import { z } from 'zod';
import type { Patience } from '../dispatch/patience.ts';
import { measured } from '../policy/fields.ts';
import * as unit from '../policy/units.ts';

const span = (about: string) => measured(unit.DURATION).optional().describe(about);

/** Zero has no unit to be written in: a span that may be left out. */
const spanOrNone = (about: string) =>
  z
    .union([z.literal('none'), measured(unit.DURATION)], { error: 'expected none, or a duration such as 5s' })
    .optional()
    .describe(about);

export const timeoutsSection = z
  .strictObject({
    connect: span('For a connection to a provider, TLS included; 3s if not said.'),
    first_token: span(
      'To the first content, at least; half as much again as the offer’s own p95 where that is more. 10s.',
    ),
    first_token_slow: span('The same for models that reason and for machines of your own. 60s.'),
    first_token_most: span('The most that a p95 may make of it. 3m.'),
    idle: span('Between two pieces of content. 30s.'),
    idle_reasoning: span('The same for models that reason. 2m.'),
    progress: span('In every such stretch of a stream there must come a token a second. 60s.'),
    whole: span('For writing an answer that does not stream, at least, on top of the first token’s. 30s.'),
    retry_pause: span('Before an offer that failed by itself is asked again, give or take half of it. 500ms.'),
    client_write: span('How long a client may leave an answer unread before it counts as gone. 30s.'),
  })
  .default({})
  .describe('How long anyone is waited for.');

export const drainSection = z
  .strictObject({
    notice: spanOrNone('After SIGTERM: not ready, but still serving, until load balancers have noticed. 5s.'),
    grace: spanOrNone('After that: for what is being answered to end by itself. 30s.'),
  })
  .default({})
  .describe('How it stops.');

export const billingSection = z
  .strictObject({
    on_cancel: z
      .enum(['stops', 'continues'])
      .optional()
      .describe('What is billed of an answer we leave: what was written until then, or all of it.'),
    on_error: z.enum(['nothing', 'prompt']).optional().describe('What is billed of a call that fails.'),
  })
  .describe('What calls cost that come to nothing. Known of some providers; of others the dearer is assumed.');

export type TimeoutsConfig = Patience & { readonly clientWriteMs: number };

export const timeoutsOf = (said: z.output<typeof timeoutsSection>): TimeoutsConfig => ({
  connectMs: said.connect ?? 3_000,
  firstTokenMs: said.first_token ?? 10_000,
  slowFirstTokenMs: said.first_token_slow ?? 60_000,
  firstTokenMostMs: said.first_token_most ?? 180_000,
  idleMs: said.idle ?? 30_000,
  thinkingIdleMs: said.idle_reasoning ?? 120_000,
  progressMs: said.progress ?? 60_000,
  wholeMs: said.whole ?? 30_000,
  retryPauseMs: said.retry_pause ?? 500,
  clientWriteMs: said.client_write ?? 30_000,
});

export type DrainConfig = { readonly noticeMs: number; readonly graceMs: number };

const orZero = (span: number | 'none' | undefined, otherwise: number): number =>
  span === 'none' ? 0 : (span ?? otherwise);

export const drainOf = ({ notice, grace }: z.output<typeof drainSection>): DrainConfig => ({
  noticeMs: orZero(notice, 5_000),
  graceMs: orZero(grace, 30_000),
});
