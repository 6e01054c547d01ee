// Whether answers fit schemas: keyword by keyword, and on schemas nobody should write.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/chat.ts';
import { fitsSchema } from '../../../src/dispatch/json-check.ts';

const LIST: JsonObject = {
  $ref: '#/$defs/node',
  $defs: {
    node: {
      type: 'object',
      required: ['value'],
      properties: { value: { type: 'number' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
    },
  },
};

describe('a value fits a schema', () => {
  it.each<[JsonObject, Json, boolean]>([
    [{ type: 'integer' }, 7, true],
    [{ type: 'integer' }, 7.5, false],
    [{ type: ['string', 'null'] }, null, true],
    [{ type: ['string', 'null'] }, 1, false],
    [{ enum: ['a', 'b'] }, 'b', true],
    [{ enum: ['a', 'b'] }, 'c', false],
    [{ const: { a: 1 } }, { a: 1 }, true],
    [{ const: 1 }, 2, false],
    [{ minimum: 1, maximum: 3 }, 4, false],
    [{ exclusiveMinimum: 1 }, 1, false],
    [{ minLength: 2 }, 'é', false],
    [{ maxItems: 1 }, [1, 2], false],
    [{ items: { type: 'string' } }, ['a', 1], false],
    [{ properties: { a: { type: 'string' } } }, { a: 1 }, false],
    [{ additionalProperties: { type: 'number' } }, { a: 'x' }, false],
    [{ additionalProperties: false }, { a: 1 }, false],
    [{ oneOf: [{ type: 'string' }, { type: 'number' }] }, true, false],
    [{ allOf: [{ required: ['a'] }, { required: ['b'] }] }, { a: 1 }, false],
    [LIST, { value: 1, next: { value: 2, next: null } }, true],
    [LIST, { value: 1, next: { value: 'two' } }, false],
    [{ format: 'email', pattern: '^(a+)+$' }, 'nobody', true],
    [{ $ref: 'https://elsewhere.example/schema' }, 1, true],
  ])('%j against %j: %s', (schema, value, fits) => expect(fitsSchema(schema, value)).toBe(fits));

  it('never throws and always ends, whatever the schema and the value', () => {
    const json = fc.jsonValue() as fc.Arbitrary<Json>;
    const schema = fc.dictionary(
      fc.constantFrom('type', 'items', 'anyOf', '$ref', 'properties', 'required', 'enum', 'const', 'minimum'),
      fc.oneof(json, fc.constant('#')),
    ) as fc.Arbitrary<JsonObject>;
    fc.assert(fc.property(schema, json, (of, value) => typeof fitsSchema(of, value) === 'boolean'));
    expect(fitsSchema({ $ref: '#' }, 1)).toBe(true);
  });
});
