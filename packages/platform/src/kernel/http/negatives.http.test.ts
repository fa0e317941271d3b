import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { otherModules as modules } from '../../testing/other-modules.js';
import { startTestApi, type TestApi } from '../../testing/test-api.js';

/** As much of JSON Schema as the document has. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface BodyRoute {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly schema: Schema;
}

let api: TestApi;
let document: {
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, Schema> };
};
interface OperationObject {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

beforeAll(async () => {
  // Whoever tries all routes at once would be held back.
  const env = { SLIPWAY_RATE_LIMIT_CLIENT: '1000000', SLIPWAY_RATE_LIMIT_TENANT: '1000000' };
  api = await startTestApi({ databaseUrl: inject('databaseUrl'), redisUrl: inject('redisUrl'), modules, env });
  document = (await api.call(undefined, 'GET', '/openapi.json')).body;
  await api.call(api.admin, 'POST', '/tenants', { name: 'acme' });
  await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: 'shop' });
}, 120_000);
afterAll(() => api?.close());

const resolve = (schema: Schema): Schema =>
  schema.$ref ? resolve(document.components.schemas[schema.$ref.replace('#/components/schemas/', '')] ?? {}) : schema;

/** Every route that takes JSON, with what it takes. */
function bodyRoutes(): BodyRoute[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]) => {
      const schema = requestBody?.content['application/json']?.schema;
      const filled = path
        .replace('/api/v1', '')
        .replace('{tenant}', 'acme')
        .replace('{project}', 'shop')
        .replace(/\{\w+\}/g, 'nothing');
      return schema ? [{ name: `${method} ${path}`, method: method.toUpperCase(), path: filled, schema }] : [];
    }),
  );
}

const alternativesOf = (schema: Schema): Schema[] => {
  const { anyOf = [], oneOf = [], allOf = [] } = resolve(schema);
  const nested = [...anyOf, ...oneOf, ...allOf];
  return nested.length > 0 ? nested.flatMap(alternativesOf) : [resolve(schema)];
};
const fieldsOf = (schema: Schema): string[] => [
  ...new Set(alternativesOf(schema).flatMap(({ properties }) => Object.keys(properties ?? {}))),
];

/** Where a schema lets in members that it does not name; maps say of what their members are. */
function openPlaces(schema: Schema, at: string, depth = 0): string[] {
  if (depth > 12) return [];
  return alternativesOf(schema).flatMap(({ properties, additionalProperties, items }) => [
    ...(properties && additionalProperties !== false ? [at] : []),
    ...Object.entries(properties ?? {}).flatMap(([name, each]) => openPlaces(each, `${at}.${name}`, depth + 1)),
    ...(typeof additionalProperties === 'object' ? openPlaces(additionalProperties, `${at}.*`, depth + 1) : []),
    ...(items ? openPlaces(items, `${at}[]`, depth + 1) : []),
  ]);
}

/** Sixteen at a time: most of a request is waiting for PostgreSQL. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const run = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, run));
}

/** Asks what would be, or is looked at together with another field only: nothing is kept. */
const harmless = ['/image-checks image', '/me currentPassword'];

const send = ({ method, path }: BodyRoute, body: unknown) => api.call(api.admin, method, path, body);

describe('every body', () => {
  it('is closed in all its depth: nothing can be assigned that is not named', () => {
    const routes = bodyRoutes();
    expect(routes.length).toBeGreaterThan(70);
    // A request's payload is closed by the schema of its kind, which refuses what it does not name.
    const open = routes.flatMap(({ name, schema }) => openPlaces(schema, `${name}: body`));
    expect(open).toEqual([]);
  });

  it.each([
    ['a field that there is not', '"isAdmin":true'],
    ['a column of the row', '"tenantId":"x","id":"x","version":7,"createdBy":"x"'],
    ['a prototype', '"__proto__":{"isAdmin":true}'],
    ['a constructor', '"constructor":{"prototype":{"isAdmin":true}}'],
  ])(
    'refuses %s',
    async (_, members) => {
      const wrong: string[] = [];
      await forEach(bodyRoutes(), async (route) => {
        const named = fieldsOf(route.schema);
        const { status, body } = await send(route, `{${members}}`);
        const isTaken = (body.errors ?? []).every(({ code }: { code: string }) => code !== 'unrecognized-keys');
        const isNamed = named.some((field) => members.includes(`"${field}"`));
        // Where it is a field after all, the thing that it is a field of is not there.
        const refusals = isNamed ? [400, 404, 422] : [400, 422];
        if (!refusals.includes(status) || (isTaken && !isNamed && !isUnion(route)))
          wrong.push(`${route.name}: ${status} ${JSON.stringify(body)}`);
      });
      expect(wrong).toEqual([]);
      expect(Reflect.get({}, 'isAdmin')).toBeUndefined();
    },
    60_000,
  );

  it.each([
    ['NUL', 'a\u0000b'],
    ['what is far too long', 'x'.repeat(200_000)],
    ['text that turns around', '\u202egnp.exe'],
    ['half a character', '\ud800'],
    ['a number beyond all numbers', 1e308],
    ['a list in a list in a list', deep(2_000)],
    ['an object without end', chain(1_000)],
  ])(
    'takes %s in no field, and breaks at none',
    async (_, value) => {
      const wrong: string[] = [];
      const all = bodyRoutes()
        .flatMap((route) => fieldsOf(route.schema).map((field) => ({ route, field })))
        .filter(({ route, field }) => !harmless.some((one) => `${route.name} ${field}`.endsWith(one)));
      expect(all.length).toBeGreaterThan(200);
      await forEach(all, async ({ route, field }) => {
        const { status, body } = await send(route, JSON.stringify({ [field]: value }));
        if (status < 400 || status >= 500) wrong.push(`${route.name} ${field}: ${status} ${JSON.stringify(body)}`);
      });
      expect(wrong).toEqual([]);
    },
    120_000,
  );

  it('that is nested to the bottom is refused before it is looked at', async () => {
    for (const route of bodyRoutes()) {
      const { status } = await send(route, `${'['.repeat(100_000)}${']'.repeat(100_000)}`);
      expect(status, route.name).toBe(400);
    }
  }, 60_000);
});

/** Of alternatives, what is wrong with each is not told. */
const isUnion = ({ schema }: BodyRoute): boolean => alternativesOf(schema).length > 1;

function deep(levels: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

function chain(levels: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

describe('names that look like others', () => {
  const lookAlikes = [
    ['a Cyrillic letter', 'аcme'],
    ['a Greek letter', 'αcme'],
    ['full width', 'ａｃｍｅ'],
    ['a ligature', 'ﬁnance'],
    ['a width of none', 'ac\u200bme'],
    ['a joiner', 'ac\u2060me'],
    ['text turned around', '\u202eemca'],
    ['an isolate', '\u2066acme\u2069'],
    ['a combining mark', 'acme\u0301'],
    ['a soft hyphen', 'ac\u00adme'],
    ['a tag', 'acme\u{e0061}'],
    ['a dotless i', 'adm\u0131n'],
    ['a space in front', ' acme'],
    ['a line end', 'acme\n'],
    ['capitals', 'ACME'],
  ] as const;

  it.each(lookAlikes)('are no names of anything: %s', async (_, name) => {
    const password = 'correct-horse-battery';
    const asked: [string, object][] = [
      ['/tenants', { name }],
      ['/tenants/acme/projects', { name }],
      ['/tenants/acme/roles', { name, permissions: ['projects:read'] }],
      ['/tenants/acme/robots', { name, scopes: ['projects:read'] }],
      ['/users', { username: name, password }],
      ['/users', { username: 'fine', password, email: `${name}@example.com\u200b` }],
      ['/tenants/acme/invitations', { email: `admin@${name}\u202e.example.com`, role: 'viewer' }],
    ];
    for (const [path, body] of asked) {
      const answer = await api.call(api.admin, 'POST', path, body);
      expect(answer.status, `${path} ${JSON.stringify(body)} ${JSON.stringify(answer.body)}`).toBe(400);
    }
  });

  it.each([
    ['text turned around', 'Acme \u202egnp.exe'],
    ['an isolate', 'Acme \u2066x'],
    ['a width of none', 'Ac\u200bme'],
    ['a line end', 'Acme\nInc.'],
    ['an escape', 'Acme \u001b[31m'],
    ['a tag', 'Acme\u{e0061}'],
  ])('are not shown as titles either: %s', async (_, displayName) => {
    for (const [path, body] of [
      ['/tenants', { name: 'titled', displayName }],
      ['/tenants/acme/projects', { name: 'titled', displayName }],
      ['/users', { username: 'titled', password: 'correct-horse-battery', displayName }],
    ] as const)
      expect((await api.call(api.admin, 'POST', path, body)).status, path).toBe(400);
  });

  it('leave titles in every script', async () => {
    const titles = ['株式会社アクメ', 'شرکت می‌خواهم', 'Ünïcode & Söhne', '👩‍💻 Team', 'עברית'];
    for (const [index, displayName] of titles.entries()) {
      const made = await api.call(api.admin, 'POST', '/tenants/acme/projects', { name: `title-${index}`, displayName });
      expect(made.body.displayName).toBe(displayName);
    }
  });
});
