import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { instanceOf } from '../../../src/demo/instance.ts';
import { loadPrompts } from '../../../src/demo/prompts.ts';

const context = { seed: 7, hint: 'Order 451 for the kettle, please' };

describe('an instance of a schema', () => {
  it('is valid for every schema and every tool of the workload', () => {
    const { schemas, tools } = loadPrompts();
    const all = [...Object.values(schemas), ...Object.values(tools).map(({ parameters }) => parameters)];
    const broken = all.filter((schema) => {
      const validator = z.fromJSONSchema(JSON.parse(JSON.stringify(schema)));
      return !validator.safeParse(instanceOf(schema, context)).success;
    });
    expect(broken).toEqual([]);
  });

  it('keeps to enums, constants, bounds, lengths and unions', () => {
    const schema = {
      type: 'object',
      required: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
      properties: {
        a: { enum: ['x', 'y'] },
        b: { const: 3 },
        c: { type: 'integer', minimum: 1000, maximum: 1001 },
        d: { type: 'string', minLength: 12, maxLength: 14 },
        e: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
        f: { type: 'array', minItems: 3, items: { type: 'number' } },
        g: { type: ['null', 'string'] },
        unasked: { type: 'string' },
      },
    };
    const value = instanceOf(schema, context);
    expect(z.fromJSONSchema(JSON.parse(JSON.stringify(schema))).safeParse(value).success).toBe(true);
    expect(value).not.toHaveProperty('unasked');
  });

  it('uses the numbers and words of the question, and the upper-case types of Gemini', () => {
    expect(instanceOf({ type: 'INTEGER' }, context)).toBe(451);
    expect(context.hint).toContain(instanceOf({ type: 'STRING' }, context));
  });

  it('ends on a schema without end', () => {
    let schema: Parameters<typeof instanceOf>[0] = { type: 'object' };
    for (let depth = 0; depth < 40; depth++)
      schema = { type: 'object', required: ['next'], properties: { next: schema } };
    expect(JSON.stringify(instanceOf(schema, context)).match(/next/g)?.length).toBeLessThan(20);
  });
});
