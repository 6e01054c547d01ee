// F10 to F16: keys and money that are gone, rate limits in all their spellings, errors of servers.
import { type Act, always, end, head, healthy, refuses, type Script } from '../../support/truth-bill/acts.ts';
import { type Count } from '../cell.ts';
import { another, ONE, own, told } from './expect.ts';
import { type Row } from './rows.ts';

const MINUTE = 60_000;
/** Goes wrong on the first call only. */
const once =
  (...acts: readonly Act[]): Script =>
  (asked) =>
    asked.call === 1 ? acts : healthy(asked);
const RETRIED: Count = [2, 2];

const accounts: readonly Row[] = [
  ...(
    [
      ['F10-401', { status: 401, code: 'invalid_api_key' }],
      ['F10-403', { status: 403 }],
      ['F10-404', { status: 404, code: 'model_not_found' }],
    ] as const
  ).map(
    ([id, error]): Row => ({
      id,
      about: `Our key or our model is wrong: ${error.status}.`,
      primary: 'openai',
      modes: 'SN',
      script: always(...refuses(error)),
      plus: another({ health: 'cooled' }),
      zero: told(502, { total: ONE, health: 'cooled', retry: 'false' }),
    }),
  ),
  ...(
    [
      ['F11-402', 'openai', { status: 402 }],
      ['F11-insufficient', 'openai', { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' }],
      ['F11-spend-limit', 'openai', { status: 429, code: 'project_spend_limit_exceeded' }],
      ['F11-organization', 'openai', { status: 429, code: 'organization_usage_limit_exceeded' }],
      ['F11-enforced', 'anthropic', { status: 429, type: 'rate_limit_error', code: 'enforced_spend_limit_reached' }],
      [
        'F11-per-day',
        'gemini',
        {
          status: 429,
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
              violations: [{ quotaId: 'GenerateRequestsPerDay' }],
            },
          ],
        },
      ],
    ] as const
  ).map(
    ([id, primary, error]): Row => ({
      id,
      about: `The money is gone, spelled ${id.slice(4)}.`,
      primary,
      modes: 'SN',
      script: always(...refuses(error)),
      plus: another({ health: 'cooled', coolMs: [14 * MINUTE, 19 * MINUTE] }),
      zero: told(503, { total: ONE, health: 'cooled', coolMs: [14 * MINUTE, 19 * MINUTE], retry: 'false' }),
    }),
  ),
];

const LATER = 4 * MINUTE;
const dateIn = (ms: number): string => new Date(Date.now() + ms).toUTCString();

const limits: readonly Row[] = [
  ...(
    [
      ['F12-seconds', { 'retry-after': '2' }],
      ['F12-ms', { 'retry-after-ms': '2000' }],
      ['F12-date', undefined],
      ['F12-retry-info', {}],
    ] as const
  ).map(([id, headers]): Row => {
    const isGemini = id === 'F12-retry-info';
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' }];
    const limited: Script = (asked) =>
      asked.call > 1
        ? healthy(asked)
        : refuses(isGemini ? { status: 429, details } : { status: 429 }, headers ?? { 'retry-after': dateIn(2_000) });
    return {
      id,
      about: `Rate limited for two seconds, spelled ${id.slice(4)}.`,
      primary: isGemini ? 'gemini' : 'openai',
      modes: 'SN',
      script: limited,
      plus: another({ withinMs: 1_500, health: 'cooled' }),
      zero: own({ primary: RETRIED, atLeastMs: 900, withinMs: 3_300 }),
    };
  }),
  ...(
    [
      ['F13-hour', '3600', [14 * MINUTE, 19 * MINUTE], [60_001, 900_000]],
      ['F13-garbage', 'soon', [500, LATER], undefined],
      ['F13-negative', '-5', [500, LATER], undefined],
      ['F13-past', dateIn(-MINUTE), [500, LATER], undefined],
    ] as const
  ).map(
    ([id, text, coolMs, retryAfterMs]): Row => ({
      id,
      about: `Rate limited with Retry-After: ${id === 'F13-past' ? 'a date that is past' : text}.`,
      primary: 'openai',
      modes: 'SN',
      script: always(...refuses({ status: 429 }, { 'retry-after': text })),
      plus: another({ health: 'cooled', coolMs, withinMs: 1_500 }),
      zero: told(429, {
        primary: id === 'F13-hour' ? ONE : [1, 2],
        health: 'cooled',
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      }),
    }),
  ),
  {
    id: 'F14-persistent',
    about: 'Rate limited without a word of when to come back, again and again.',
    primary: 'openai',
    modes: 'SN',
    script: always(...refuses({ status: 429 })),
    plus: another({ primary: [1, 2], health: 'cooled' }),
    zero: told(429, { primary: [1, 2], total: [1, 3] }),
  },
];

const servers: readonly Row[] = [
  {
    id: 'F15-500-once',
    about: 'An internal error, once.',
    primary: 'openai',
    modes: 'SN',
    script: once(...refuses({ status: 500 })),
    plus: own({ primary: RETRIED, by: 'openai', withinMs: 2_000 }),
    zero: own({ primary: RETRIED, withinMs: 2_000 }),
  },
  {
    id: 'F15-500-always',
    about: 'An internal error, every time.',
    primary: 'openai',
    modes: 'SN',
    script: always(...refuses({ status: 500 })),
    plus: another({ primary: RETRIED, withinMs: 3_000, health: 'counted' }),
    zero: told(502, { primary: RETRIED, total: [2, 2] }),
  },
  ...([503, 529, 504] as const).map(
    (status): Row => ({
      id: `F16-${status}`,
      about: `Overloaded: ${status}.`,
      primary: status === 529 ? 'anthropic' : status === 504 ? 'gemini' : 'openai',
      modes: 'SN',
      script: always(...refuses({ status })),
      plus: another({ withinMs: 1_500, health: 'counted' }),
      zero: told(503, { total: ONE }),
    }),
  ),
  {
    id: 'F16-502-html',
    about: 'A proxy in between answers 502 with a page.',
    primary: 'openai',
    modes: 'SN',
    script: always(
      head(502, { 'content-type': 'text/html' }),
      { act: 'send', bytes: '<html><head><title>502 Bad Gateway</title></head></html>' },
      end,
    ),
    plus: another({ withinMs: 1_500, health: 'counted' }),
    zero: told(503, { status: [502, 503], total: ONE }),
  },
];

export const STATUSES: readonly Row[] = [...accounts, ...limits, ...servers];
