import { RequestMethod } from '@nestjs/common';
import { type DiscoveryService, MetadataScanner } from '@nestjs/core';
import { z } from 'zod';
import { listErrors } from '../errors/errors.js';
import { findRoute, type RouteOptions, statusOf } from './route.js';
import { noQuerySchema, problemSchema } from './schemas.js';

type Json = Record<string, unknown>;

export interface RouteEntry {
  readonly controller: string;
  readonly handler: string;
  readonly route: RouteOptions;
}

const everyRoute = [
  'malformed-request',
  'unauthenticated',
  'forbidden',
  'not-found',
  'too-many-requests',
  'database-unavailable',
];

/** Every route of the application, in the order of their paths. */
export function listRoutes(discovery: DiscoveryService): RouteEntry[] {
  const scanner = new MetadataScanner();
  const entries = discovery.getControllers().flatMap(({ instance, metatype }) => {
    const prototype: object | null = instance ? Object.getPrototypeOf(instance) : null;
    return scanner.getAllMethodNames(prototype).flatMap((handler) => {
      const method: unknown = prototype ? Reflect.get(prototype, handler) : undefined;
      const route = typeof method === 'function' ? findRoute(method) : undefined;
      return route ? [{ controller: metatype?.name ?? '', handler, route }] : [];
    });
  });
  const order = ({ route }: RouteEntry) => `${route.path} ${RequestMethod[route.method]}`;
  return entries.sort((a, b) => order(a).localeCompare(order(b)));
}

/** The OpenAPI 3.1 document of the routes. */
export function createDocument(entries: readonly RouteEntry[], version: string): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const entry of entries) {
    const path = `/api/v1${entry.route.path.replace(/:(\w+)/g, '{$1}')}`;
    paths[path] ??= {};
    paths[path][entry.route.method.toLowerCase()] = toOperation(entry, schemas);
  }
  toReference(problemSchema, 'output', schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Slipway',
      version,
      description: 'One API for the portal, the CLI, CI systems and scripts. Conventions: docs/api.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [...new Set(entries.map((entry) => entry.route.tag))].sort().map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b))),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An OIDC access token, a personal token `slp_pat_…` or a robot token `slp_robot_…`.',
        },
      },
    },
  };
}

function toOperation({ handler, route, controller }: RouteEntry, schemas: Json): Json {
  const operationId = `${controller.replace(/Controller$/, '').replace(/^./, (c) => c.toLowerCase())}.${handler}`;
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    'x-permission': route.permission,
    ...(route.permission === 'public' ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...requestBody(route, schemas),
    responses: { [statusOf(route)]: success(route, schemas), ...failures(route) },
  };
}

function pathParameters(route: RouteOptions): Json[] {
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(route: RouteOptions): Json[] {
  if (route.permission === 'public' && !route.query) return [];
  const schema = z.toJSONSchema(route.query ?? noQuerySchema, { io: 'input', unrepresentable: 'any' });
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = typeof property === 'object' ? property : {};
    return { name, in: 'query', required: required.has(name), ...(description ? { description } : {}), schema: rest };
  });
}

function headerParameters(route: RouteOptions): Json[] {
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  if (route.method === 'POST' && !route.consumes && route.permission !== 'public') {
    return [header('Idempotency-Key', 'The same key and body give the same answer for 24 hours.')];
  }
  if (route.method === 'PATCH' || route.method === 'DELETE')
    return [header('If-Match', 'The ETag read before: 412 when the object has changed since.')];
  return [];
}

function requestBody(route: RouteOptions, schemas: Json): Json {
  if (route.consumes) {
    const content = Object.fromEntries(
      route.consumes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
    );
    return { requestBody: { required: true, content } };
  }
  if (!route.body) return {};
  const type = route.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const schema = toReference(route.body, 'input', schemas);
  const content = { 'application/json': { schema }, ...(route.method === 'PATCH' ? { [type]: { schema } } : {}) };
  return { requestBody: { required: !isOptional(route.body), content } };
}

function success(route: RouteOptions, schemas: Json): Json {
  const json = route.answer ? { 'application/json': { schema: toReference(route.answer, 'output', schemas) } } : {};
  const streams = Object.fromEntries((route.produces ?? []).map((type) => [type, { schema: { type: 'string' } }]));
  const content = { ...json, ...streams };
  const headers = route.location ? { headers: { Location: { schema: { type: 'string' } } } } : {};
  return { description: 'Success', ...headers, ...(Object.keys(content).length ? { content } : {}) };
}

/** One answer a status, naming the codes. */
function failures(route: RouteOptions): Json {
  const catalogue = listErrors();
  const common = route.permission === 'public' ? ['malformed-request', 'database-unavailable'] : everyRoute;
  const patches = route.method === 'PATCH' || route.method === 'DELETE' ? ['version-stale'] : [];
  const posts = route.method === 'POST' ? ['idempotency-key-reused', 'idempotency-key-in-use'] : [];
  const byStatus = new Map<number, string[]>();
  for (const code of [...common, ...patches, ...posts, ...(route.errors ?? [])]) {
    const definition = catalogue.get(code);
    if (!definition) throw new Error(`The route ${route.method} ${route.path} names the unknown error ${code}.`);
    byStatus.set(definition.status, [...(byStatus.get(definition.status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, codes]) => [
        status,
        {
          description: codes.map((code) => `\`${code}\`: ${catalogue.get(code)?.title}`).join('\n\n'),
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
  );
}

function isOptional(schema: z.ZodType): boolean {
  return schema.safeParse({}).success;
}

/** A JSON schema whose named parts (`.meta({ id })`) are moved to the document's components. */
function toReference(schema: z.ZodType, io: 'input' | 'output', schemas: Json): unknown {
  const { $schema: _, $defs, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  for (const [name, definition] of Object.entries(($defs as Json | undefined) ?? {})) {
    const { id: _id, ...named } = relocate(definition) as Json;
    schemas[name] = named;
  }
  return relocate(root);
}

/** Rewrites `#/$defs/X`, and drops the patterns that only repeat a format. */
function relocate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !(key === 'pattern' && 'format' in value))
      .map(([key, item]) => [
        key,
        key === '$ref' ? String(item).replace('#/$defs/', '#/components/schemas/') : relocate(item),
      ]),
  );
}
