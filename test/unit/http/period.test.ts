import { describe, expect, it } from 'vitest';
import { check } from '../../../src/http/input.ts';
import { periodQuery, rangeOf } from '../../../src/http/period.ts';

const now = Date.UTC(2026, 10, 24, 12);
const day = 86_400_000;
const range = (query: object) => rangeOf(check(periodQuery, query), now);

describe('a period', () => {
  it('is the last seven days where nothing is said', () => {
    expect(range({})).toEqual({ from: now - 7 * day, to: now });
  });

  it('takes minutes, hours, days and weeks', () => {
    expect(range({ since: '90m' }).from).toBe(now - 90 * 60_000);
    expect(range({ since: '4w' }).from).toBe(now - 28 * day);
  });

  it('takes dates in UTC and times with their offset', () => {
    expect(range({ from: '2026-11-01', to: '2026-11-02T01:00:00+01:00' })).toEqual({
      from: Date.UTC(2026, 10, 1),
      to: Date.UTC(2026, 10, 2),
    });
  });

  it('counts since back from to', () => {
    expect(range({ since: '1d', to: '2026-11-02' })).toEqual({
      from: Date.UTC(2026, 10, 1),
      to: Date.UTC(2026, 10, 2),
    });
  });

  it.each([
    [{ since: '7' }, 'since'],
    [{ since: '0d' }, 'since'],
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2026-11-30' }, 'from'],
    [{ from: '2016-11-30' }, 'from'],
    [{ since: '7d', from: '2026-11-01' }, 'since'],
    [{ until: '2026-11-01' }, 'until'],
    [{ since: ['1d', '2d'] }, 'since'],
  ])('refuses %j and names the field', (query, param) => {
    expect(() => range(query)).toThrow(expect.objectContaining({ code: 'invalid_request', detail: { param } }));
  });
});
