// How long a provider asks us to wait.
import { describe, expect, it } from 'vitest';
import { durationMs, retryAfterMs } from '../../../src/dialects/retry-after.ts';

const NOW = 'Tue, 24 Nov 2026 12:00:00 GMT';

describe('retry-after', () => {
  it.each([
    [{ 'retry-after-ms': '250', 'x-ms-retry-after-ms': '9', 'retry-after': '8' }, 250],
    [{ 'x-ms-retry-after-ms': '9', 'retry-after': '8' }, 9],
    [{ 'retry-after': '8' }, 8_000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT', date: NOW }, 30_000],
    [{ 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT', date: NOW }, 0],
    [{ 'retry-after': '12.5s' }, 12_500],
    [{ 'retry-after': '5, 20' }, 20_000],
    [{ 'retry-after': '5, soon' }, undefined],
    [{ 'retry-after': '86400' }, 900_000],
    [{ 'retry-after-ms': 'soon', 'retry-after': '2' }, 2_000],
    [{ 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT' }, undefined],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': '1e9' }, undefined],
    [{ 'retry-after': 'NaN' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('%j is %s', (headers, expected) => {
    expect(retryAfterMs(headers)).toBe(expected);
  });

  it('reads durations', () => {
    expect(['3s', '250ms', '2m', '1h', 'x', '5'].map(durationMs)).toEqual([
      3_000,
      250,
      120_000,
      900_000,
      undefined,
      undefined,
    ]);
  });
});
