import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/chat.ts';
import { narrowSchema, optionalProperties, type SchemaRules } from '../../../src/dialects/json-schema.ts';

const rules: SchemaRules = {
  keep: new Set('type enum anyOf properties items required $defs $ref format title'.split(' ')),
  formats: new Set(['date']),
  closed: true,
  constAsEnum: true,
};

describe('narrowing a schema', () => {
  it('turns what is refused into words of the description, and drops what constrains nothing', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'string',
      description: 'A name.',
      minLength: 2,
      pattern: '^[a-z]+$',
      format: 'email',
      default: 'bo',
    };
    expect(narrowSchema(schema, rules)).toEqual({
      type: 'string',
      description: 'A name. (minLength: 2; pattern: "^[a-z]+$"; format: "email")',
    });
  });

  it('works inside properties, items and alternatives, and does not take a property’s name for a keyword', () => {
    const schema = {
      type: 'object',
      properties: {
        minLength: { type: 'array', items: { const: 'a' } },
        format: { oneOf: [{ type: 'null' }, { type: 'object', properties: {} }] },
      },
    };
    expect(narrowSchema(schema, rules)).toEqual({
      type: 'object',
      additionalProperties: false,
      properties: {
        minLength: { type: 'array', items: { enum: ['a'] } },
        format: { anyOf: [{ type: 'null' }, { type: 'object', properties: {}, additionalProperties: false }] },
      },
    });
  });

  it('unwraps an allOf of one, moves old definitions to $defs and lets nothing stand beside a reference', () => {
    const schema = {
      type: 'object',
      properties: { a: { allOf: [{ $ref: '#/definitions/A' }], description: 'An A.' } },
      definitions: { A: { type: 'string', format: 'date' } },
    };
    expect(narrowSchema(schema, rules)).toEqual({
      type: 'object',
      properties: { a: { $ref: '#/$defs/A' } },
      $defs: { A: { type: 'string', format: 'date' } },
      additionalProperties: false,
    });
  });

  it('leaves the caller’s schema as it was', () => {
    const schema = { type: 'object', properties: { a: { minLength: 1, type: 'string' } } };
    const before = structuredClone(schema);
    narrowSchema(schema, rules);
    expect(schema).toEqual(before);
  });

  it('ends on a schema of any depth', () => {
    let schema: JsonObject = { type: 'string' };
    for (let depth = 0; depth < 5000; depth++) schema = { type: 'array', items: schema };
    expect(narrowSchema(schema, rules)).toMatchObject({ type: 'array' });
    expect(optionalProperties(schema)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('what a grammar can say', () => {
  const text = { type: 'string' };
  const closed = (properties: JsonObject, required: string[]): JsonObject => ({ type: 'object', properties, required });

  it('counts optional properties everywhere, at every use of a definition', () => {
    const inner = closed({ a: text, b: text }, ['a']);
    expect(optionalProperties(closed({ x: text, y: inner }, ['y']))).toBe(2);
    const twice = {
      ...closed({ x: { $ref: '#/$defs/I' }, y: { $ref: '#/$defs/I' } }, ['x', 'y']),
      $defs: { I: inner },
    };
    expect(optionalProperties(twice)).toBe(2);
  });

  it.each<[string, JsonObject]>([
    ['a map', { type: 'object', additionalProperties: text }],
    ['an object of anything', { type: 'object' }],
    ['anything', closed({ a: { description: 'Whatever.' } }, ['a'])],
    ['a reference elsewhere', { $ref: 'https://example.com/schema' }],
    ['a reference to the root', closed({ a: { $ref: '#' } }, ['a'])],
    ['a circle', { $ref: '#/$defs/A', $defs: { A: { anyOf: [{ $ref: '#/$defs/A' }, text] } } }],
  ])('is not %s', (_, schema) => {
    expect(optionalProperties(schema)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not a small schema that unfolds without end, and that is found out quickly', () => {
    const $defs: Record<string, JsonObject> = { d0: text };
    for (let at = 1; at < 40; at++)
      $defs[`d${at}`] = closed({ a: { $ref: `#/$defs/d${at - 1}` }, b: { $ref: `#/$defs/d${at - 1}` } }, ['a', 'b']);
    expect(optionalProperties({ $ref: '#/$defs/d39', $defs })).toBe(Number.POSITIVE_INFINITY);
  });
});
