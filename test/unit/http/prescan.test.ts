import { describe, expect, it } from 'vitest';
import { prescan, SHAPE_LIMITS } from '../../../src/http/prescan.ts';

const scan = (text: string, limits = SHAPE_LIMITS) => prescan(Buffer.from(text), limits);

describe('prescan', () => {
  it('lets 64 levels through and refuses the 65th', () => {
    expect(scan(`${'['.repeat(64)}${']'.repeat(64)}`)).toBe('ok');
    expect(scan(`${'{"a":'.repeat(64)}[${'}'.repeat(64)}`)).toBe('too_deep');
  });

  it('refuses a sixteen-megabyte bomb at its 65th byte', () => {
    expect(prescan(Buffer.alloc(16 * 1024 * 1024, '['))).toBe('too_deep');
  });

  it('counts the tokens of a flat body', () => {
    expect(scan(`[${Array(1000).fill('1').join(',')}]`, { depth: 2, tokens: 1001 })).toBe('ok');
    expect(scan(`[${Array(1000).fill('1').join(',')}]`, { depth: 2, tokens: 1000 })).toBe('too_many_tokens');
  });

  it('counts nothing inside strings, whatever is escaped in them', () => {
    expect(scan(String.raw`"[[[[ \" [[ \\\" {{{"`, { depth: 0, tokens: 0 })).toBe('ok');
    expect(scan(String.raw`"\\"[`, { depth: 0, tokens: 9 })).toBe('too_deep');
  });

  it('does not look past a string that never ends', () => {
    expect(scan('"[[[[', { depth: 0, tokens: 0 })).toBe('ok');
  });
});
