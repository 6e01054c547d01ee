// What bourse.yaml says of probes: how much they may cost and when they are thought of.
import { validate } from 'node-cron';
import { z } from 'zod';
import { nanoFromUsd } from '../core/money.ts';
import type { ProbeTerms } from '../market/probes.ts';
import { measured, share } from '../policy/fields.ts';
import * as unit from '../policy/units.ts';

export type ProbesConfig = ProbeTerms & {
  /** Five fields of cron, in UTC. */
  readonly schedule: string;
};

const NOTHING = { spend: '$0/day' };

export const Probes = z.preprocess(
  (value) => (value === 'off' || value === false ? NOTHING : value),
  z
    .strictObject({
      spend: measured(unit.PER_DAY)
        .optional()
        .describe('Most that probes may cost in a day; $0.50/day if not said. `probes: off` means $0/day.'),
      share: share()
        .optional()
        .describe('Of what requests cost in the day before, probes cost at most this; 0.5% if not said.'),
      schedule: z
        .string()
        .max(100)
        .refine((text) => validate(text), { error: 'expected five fields of cron, such as "*/10 * * * *"' })
        .optional()
        .describe('When offers are looked through, as cron; every ten minutes if not said.'),
    })
    .default({})
    .describe('Small calls of our own to offers that could win and nobody has measured lately. Or `off`.'),
);

export const probesOf = ({ spend, share: part, schedule }: z.output<typeof Probes>): ProbesConfig => ({
  perDay: spend ?? nanoFromUsd(0.5),
  share: part ?? 0.005,
  schedule: schedule ?? '*/10 * * * *',
});
