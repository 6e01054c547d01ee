import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prescan } from '../../src/http/prescan.ts';

/** Depth and structural tokens of a value as JSON.stringify writes it, counted on the value. */
const shapeOf = (value: unknown): { depth: number; tokens: number } => {
  if (typeof value !== 'object' || value === null) return { depth: 0, tokens: 0 };
  const children = Array.isArray(value) ? value : Object.values(value);
  const inner = children.map(shapeOf);
  const separators = Math.max(0, children.length - 1) + (Array.isArray(value) ? 0 : children.length);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    tokens: 2 + separators + inner.reduce((sum, { tokens }) => sum + tokens, 0),
  };
};

const unlimited = Number.MAX_SAFE_INTEGER;

describe('prescan, over any JSON', () => {
  it('judges exactly the depth and the tokens of the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(0, 2), (value, indent) => {
        const body = Buffer.from(JSON.stringify(value, null, indent));
        const { depth, tokens } = shapeOf(value);
        expect(prescan(body, { depth, tokens })).toBe('ok');
        // A scalar has neither, and no bound is too small for it.
        const scalar = depth === 0;
        expect(prescan(body, { depth: depth - 1, tokens: unlimited })).toBe(scalar ? 'ok' : 'too_deep');
        expect(prescan(body, { depth: unlimited, tokens: tokens - 1 })).toBe(scalar ? 'ok' : 'too_many_tokens');
      }),
      { numRuns: 2000 },
    );
  });

  it('is blind to what strings hold', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', ':', 'a', 'é', '\n') }),
        (text) => {
          const body = Buffer.from(JSON.stringify([text, { [text]: text }]));
          expect(prescan(body, { depth: 2, tokens: 6 })).toBe('ok');
          expect(prescan(body, { depth: 2, tokens: 5 })).toBe('too_many_tokens');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('gives a verdict on any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        expect(['ok', 'too_deep', 'too_many_tokens']).toContain(prescan(Buffer.from(bytes)));
      }),
      { numRuns: 2000 },
    );
  });
});
