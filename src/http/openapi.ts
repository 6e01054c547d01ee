// The OpenAPI 3.1 description, made from the table of endpoints and the table of errors.
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import type { Endpoint } from './endpoint.ts';

/** What the door can answer on any route behind it. */
const DOOR_ERRORS: readonly ErrorCode[] = ['invalid_request', 'forbidden', 'internal'];
const KEY_ERRORS: readonly ErrorCode[] = ['invalid_api_key', 'overloaded', 'server_shutdown'];
const BODY_ERRORS: readonly ErrorCode[] = ['request_too_large', 'unsupported_media_type'];

const json = (schema: z.ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
};

const parameters = (place: 'query' | 'header' | 'path', schema: z.ZodObject | undefined): object[] =>
  Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...shape } = z.toJSONSchema(field as z.ZodType, { io: 'input', unrepresentable: 'any' });
    const { $schema: _, ...rest } = shape;
    return {
      name,
      in: place,
      required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });

const errorsOf = (endpoint: Endpoint): readonly ErrorCode[] => [
  ...new Set([
    ...DOOR_ERRORS,
    ...(endpoint.access === 'open' ? [] : KEY_ERRORS),
    ...(endpoint.input?.body ? BODY_ERRORS : []),
    ...endpoint.errors,
  ]),
];

const errorResponses = (codes: readonly ErrorCode[]): Record<string, object> => {
  const byStatus = Map.groupBy(codes, (code) => String(ERRORS[code].status));
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([status, names]) => [
        status,
        {
          description: names.join(', '),
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      ]),
  );
};

const otherResponses = ({ others = {} }: Endpoint): Record<string, object> =>
  Object.fromEntries(
    Object.entries(others).map(([status, schema]) => [
      status,
      { description: STATUS_CODES[status] ?? status, content: { 'application/json': { schema: json(schema) } } },
    ]),
  );

/** On every answer of every route. */
const ANSWER_HEADERS = {
  'x-bourse-request-id': { description: 'Names this request', schema: { type: 'string' } },
  'x-bourse-degraded': {
    description: 'What this process has to do without for now: store, ledger, or both. Absent while all is well',
    schema: { type: 'string' },
  },
};

const operation = (endpoint: Endpoint): object => {
  const { input } = endpoint;
  const content = Object.entries(endpoint.answers).map(([type, schema]) => [type, { schema: json(schema) }]);
  const asked = [
    ...parameters('path', input?.path),
    ...parameters('query', input?.query),
    ...parameters('header', input?.headers),
  ];
  return {
    summary: endpoint.summary,
    security: endpoint.access === 'open' ? [] : endpoint.access === 'proof' ? [{ key: [] }, {}] : [{ key: [] }],
    ...(asked.length > 0 ? { parameters: asked } : {}),
    ...(input?.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: json(input.body) } } } }
      : {}),
    responses: {
      200: { description: 'OK', headers: ANSWER_HEADERS, content: Object.fromEntries(content) },
      ...errorResponses(errorsOf(endpoint)),
      ...otherResponses(endpoint),
    },
  };
};

const errorSchema = (): object =>
  json(
    z.object({
      error: z.object({
        message: z.string(),
        type: z.enum([...new Set(Object.values(ERRORS).map(({ type }) => type))]),
        param: z.string().nullable(),
        code: z.enum(Object.keys(ERRORS)),
      }),
    }),
  );

export const openapiDocument = (endpoints: readonly Endpoint[], version: string) => ({
  openapi: '3.1.0',
  info: { title: 'Bourse', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
  paths: Object.fromEntries(
    [...Map.groupBy(endpoints, ({ path }) => path)].map(([path, all]) => [
      path,
      Object.fromEntries(all.map((endpoint) => [endpoint.method.toLowerCase(), operation(endpoint)])),
    ]),
  ),
  components: {
    schemas: { Error: errorSchema() },
    securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
  },
});
