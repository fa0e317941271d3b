import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { JsonObject } from '../../kinds/index.js';
import { createStore, type Store } from '../../store/index.js';
import { ApiError } from '../api-error.js';
import { KindCatalog } from '../catalog.js';
import { asJson, Registry, type WriteContext } from '../registry.js';
import { policyAdmission } from './policies.js';
import { policyGroup } from './spec.js';

const database = `policies_${randomBytes(5).toString('hex')}`;
const admin = async (sql: string) => {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  await client.query(sql);
  await client.end();
};

let pool: pg.Pool;
let store: Store;
let registry: Registry;
const catalog = new KindCatalog();
const audit: Record<string, string> = {};

beforeAll(async () => {
  await admin(`create database ${database}`);
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${database}`;
  pool = new pg.Pool({ connectionString: url.toString(), max: 3 });
  store = await createStore({ pool });
  registry = new Registry(store, catalog);
  const policies = policyAdmission(store, catalog, (_request, key, value) => {
    audit[key] = value;
  });
  registry.admission.add(policies.mutating, policies.reinvoking, policies.validating);
  await put('namespaces', 'team', { labels: { env: 'prod' } });
  await put('namespaces', 'default', {});
});

afterAll(async () => {
  await store.close();
  await pool.end();
  await admin(`drop database ${database} with (force)`);
});

const resourcesOfPolicies = ['validating', 'mutating'].flatMap((each) =>
  ['policies', 'policybindings'].map((part) => `${policyGroup}/${each}admission${part}`),
);

beforeEach(async () => {
  for (const key of Object.keys(audit)) delete audit[key];
  for (const resource of resourcesOfPolicies)
    for (const each of store.list(resource))
      await store.commit([{ resource, namespace: '', name: each.name, value: each.value, remove: true }]);
});

async function put(resource: string, name: string, metadata: JsonObject, more: JsonObject = {}, namespace = '') {
  const value = { ...more, metadata: { ...metadata, name, ...(namespace !== '' && { namespace }) } };
  await store.commit([{ resource, namespace, name, value }]);
}

const rules = (more: JsonObject = {}, resource = 'configmaps', group = ''): JsonObject => ({
  resourceRules: [
    { operations: ['CREATE', 'UPDATE'], apiGroups: [group], apiVersions: ['v1'], resources: [resource], ...more },
  ],
});

async function policy(name: string, spec: JsonObject, binding: JsonObject = {}, which = 'validating'): Promise<void> {
  await put(`${policyGroup}/${which}admissionpolicies`, name, {}, { spec: { matchConstraints: rules(), ...spec } });
  await put(
    `${policyGroup}/${which}admissionpolicybindings`,
    `${name}-binding`,
    {},
    {
      spec: { policyName: name, ...(which === 'validating' && { validationActions: ['Deny'] }), ...binding },
    },
  );
}

const contextOf = (more: Partial<WriteContext> = {}): WriteContext => ({
  user: { name: 'ann', groups: ['g'] },
  isDryRun: false,
  fieldManager: 'test',
  fieldValidation: 'Strict',
  warnings: [],
  ...more,
});

let serial = 0;
async function create(
  data: JsonObject = {},
  {
    context = contextOf(),
    labels = {},
    namespace = 'default',
  }: { context?: WriteContext; labels?: JsonObject; namespace?: string } = {},
): Promise<JsonObject> {
  const kind = catalog.find('', 'v1', 'configmaps');
  if (!kind) throw new Error('no configmaps');
  serial += 1;
  const made = await registry.create(kind, namespace, { metadata: { name: `c${serial}`, labels }, data }, context);
  return asJson(made.value);
}

async function refusalOf(promise: Promise<unknown>): Promise<JsonObject> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiError) return error.toStatus();
    throw error;
  }
  throw new Error('it was made');
}

const messageOf = async (promise: Promise<unknown>) => String((await refusalOf(promise)).message);

describe('validating policies', () => {
  test('refuse with the expression, the message or the message that an expression makes', async () => {
    await policy('limit', {
      validations: [
        { expression: "!has(object.data) || !('a' in object.data)" },
        { expression: "!('b' in object.data)", message: 'no b here' },
        {
          expression: "!('c' in object.data)",
          message: 'unused',
          messageExpression: "'no c for ' + request.userInfo.username",
          reason: 'Forbidden',
        },
      ],
    });
    await create({ x: '1' });
    const status = await refusalOf(create({ a: '1' }));
    const text =
      "ValidatingAdmissionPolicy 'limit' with binding 'limit-binding' denied request: failed expression: !has(object.data) || !('a' in object.data)";
    expect(status).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: `configmaps "c${serial}" is forbidden: ${text}`,
      details: { name: `c${serial}`, kind: 'configmaps', causes: [{ message: text }] },
    });
    expect(await messageOf(create({ b: '1' }))).toContain('denied request: no b here');
    expect(await refusalOf(create({ c: '1' }))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: expect.stringContaining('denied request: no c for ann'),
    });
  });

  test('warn and annotate where the binding says so', async () => {
    const validations = [{ expression: "!('a' in object.data)", message: 'no a' }];
    await policy('soft', { validations }, { validationActions: ['Warn', 'Audit'] });
    const context = contextOf();
    await create({ a: '1' }, { context });
    expect(context.warnings).toEqual([
      "Validation failed for ValidatingAdmissionPolicy 'soft' with binding 'soft-binding': no a",
    ]);
    expect(JSON.parse(audit['validation.policy.admission.k8s.io/validation_failure'] ?? '')).toEqual([
      {
        message: 'no a',
        policy: 'soft',
        binding: 'soft-binding',
        expressionIndex: 0,
        validationActions: ['Warn', 'Audit'],
      },
    ]);
  });

  test('write annotations of the audit log', async () => {
    await policy('notes', {
      auditAnnotations: [
        { key: 'size', valueExpression: 'string(size(object.data))' },
        { key: 'none', valueExpression: 'null' },
      ],
    });
    await create({ a: '1', b: '2' });
    expect(audit).toEqual({ 'notes/size': '2' });
  });

  test('look at variables when they are used, each on those before it', async () => {
    await policy('composed', {
      variables: [
        { name: 'keys', expression: 'object.data.map(k, k)' },
        { name: 'count', expression: 'size(variables.keys)' },
        { name: 'broken', expression: 'object.nothing.at.all' },
      ],
      validations: [{ expression: 'variables.count < 2 || variables.broken', message: 'too many' }],
    });
    await create({ a: '1' });
    expect(await messageOf(create({ a: '1', b: '2' }))).toContain(
      'composited variable "broken" fails to evaluate: no such key: nothing',
    );
  });

  test('match by conditions, selectors, exclusions and names', async () => {
    const no = [{ expression: 'false', message: 'no' }];
    await policy('conditional', {
      matchConditions: [{ name: 'marked', expression: "has(object.data) && 'mark' in object.data" }],
      validations: no,
    });
    await create({ a: '1' });
    expect(await messageOf(create({ mark: '1' }))).toContain("'conditional'");
    const labelled = { ...rules(), objectSelector: { matchLabels: { pick: 'me' } } };
    await policy('labelled', { matchConstraints: labelled, validations: no });
    expect(await messageOf(create({}, { labels: { pick: 'me' } }))).toContain("'labelled'");
    const inProd = { ...rules(), namespaceSelector: { matchLabels: { env: 'prod' } } };
    await policy('prod', { validations: no }, { matchResources: inProd });
    await create({ a: '1' });
    expect(await messageOf(create({}, { namespace: 'team' }))).toContain("'prod'");
    await policy('excluding', {
      matchConstraints: {
        ...rules({ resourceNames: [`c${serial + 1}`, `c${serial + 2}`] }),
        excludeResourceRules: rules({ resourceNames: [`c${serial + 1}`] }).resourceRules,
      },
      validations: no,
    });
    await create({});
    expect(await messageOf(create({}))).toContain("'excluding'");
    await create({});
  });

  test('take parameters by name and by selector, and say when there are none', async () => {
    const spec = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [
        {
          expression: 'params == null || size(object.data) <= int(params.data.most)',
          messageExpression: "'at most ' + params.data.most",
        },
      ],
    };
    await put('configmaps', 'limits', { labels: { kind: 'limit' } }, { data: { most: '1' } }, 'team');
    const paramRef = { name: 'limits', namespace: 'team', parameterNotFoundAction: 'Deny' };
    await policy('named', spec, { paramRef });
    await create({ a: '1' });
    expect(await messageOf(create({ a: '1', b: '2' }))).toContain('denied request: at most 1');
    await policy('named', spec, { paramRef: { ...paramRef, name: 'gone' } });
    expect(await messageOf(create({ a: '1' }))).toContain(
      'denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
    await policy('named', spec, {
      paramRef: { selector: { matchLabels: { kind: 'limit' } }, parameterNotFoundAction: 'Allow' },
    });
    await create({ a: '1', b: '2' });
    expect(await messageOf(create({ a: '1', b: '2' }, { namespace: 'team' }))).toContain('at most 1');
    await policy('named', { ...spec, paramKind: { apiVersion: 'x.y/v1', kind: 'Z' } }, { paramRef });
    expect(await messageOf(create({}))).toContain('failed to configure binding: paramKind kind');
  });

  test('that cannot be compiled or evaluated behave by their failure policy', async () => {
    await policy('broken', { validations: [{ expression: 'object.spec.' }] });
    expect(await messageOf(create({}))).toContain('denied request: compilation error: compilation failed: ERROR:');
    await policy('broken', { failurePolicy: 'Ignore', validations: [{ expression: 'object.spec.' }] });
    await create({});
    await policy('broken', { validations: [{ expression: 'object.nope == 1' }] });
    expect(await messageOf(create({}))).toContain(
      "denied request: expression 'object.nope == 1' resulted in error: no such key: nope",
    );
    await policy('broken', { validations: [{ expression: '1 + 1' }] });
    expect(await messageOf(create({}))).toContain('must evaluate to bool');
  });

  test('know who asks, what the namespace is like and what is allowed', async () => {
    await policy('who', {
      validations: [
        {
          expression:
            "request.userInfo.username == 'ann' && 'g' in request.userInfo.groups && request.operation == 'CREATE' && " +
            "request.resource.resource == 'configmaps' && request.kind.kind == 'ConfigMap' && request.dryRun == false && oldObject == null && " +
            "namespaceObject.metadata.labels['env'] == 'prod' && request.namespace == 'team' && " +
            "!authorizer.group('').resource('secrets').namespace('team').check('get').allowed() && " +
            "!authorizer.requestResource.check('delete').allowed()",
        },
      ],
    });
    await create({}, { namespace: 'team' });
  });

  test('stop where their rules cost too much', async () => {
    const data = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, 'x']));
    const expression = 'object.data.all(a, object.data.all(b, object.data.all(c, a != b + c)))';
    await policy('costly', { validations: [{ expression }] });
    const started = performance.now();
    expect(await messageOf(create(data))).toContain('operation cancelled: actual cost limit exceeded');
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('mutating policies', () => {
  const apply = (expression: string): JsonObject => ({
    patchType: 'ApplyConfiguration',
    applyConfiguration: { expression },
  });
  const patch = (expression: string): JsonObject => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

  test('merge an applied configuration', async () => {
    const expression =
      "Object{metadata: Object.metadata{labels: {'by': request.userInfo.username}}, data: {'added': 'yes'}}";
    await policy('adds', { mutations: [apply(expression)], reinvocationPolicy: 'Never' }, {}, 'mutating');
    const made = await create({ own: 'x' }, { labels: { a: 'b' } });
    expect(made).toMatchObject({ data: { own: 'x', added: 'yes' }, metadata: { labels: { a: 'b', by: 'ann' } } });
  });

  test('merge lists by their keys', async () => {
    const kind = catalog.find('apps', 'v1', 'deployments');
    if (!kind) throw new Error('no deployments');
    const expression =
      "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: object.spec.template.spec.containers.map(c, Object.spec.template.spec.containers{name: c.name, imagePullPolicy: 'Always', env: [Object.spec.template.spec.containers.env{name: 'ADDED', value: 'yes'}]})}}}}";
    const spec = { matchConstraints: rules({}, 'deployments', 'apps'), mutations: [apply(expression)] };
    await policy('pulls', { ...spec, reinvocationPolicy: 'Never' }, {}, 'mutating');
    const template = {
      metadata: { labels: { app: 'x' } },
      spec: { containers: [{ name: 'one', image: 'i', env: [{ name: 'OWN', value: '1' }] }] },
    };
    const input = { metadata: { name: 'web' }, spec: { selector: { matchLabels: { app: 'x' } }, template } };
    const made = await registry.create(kind, 'default', structuredClone(input), contextOf());
    expect(asJson(made.value)).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'one',
                image: 'i',
                imagePullPolicy: 'Always',
                env: [
                  { name: 'OWN', value: '1' },
                  { name: 'ADDED', value: 'yes' },
                ],
              },
            ],
          },
        },
      },
    });
  });

  test('apply JSON patches, one mutation after the other', async () => {
    const mutations = [
      patch("[JSONPatch{op: 'add', path: '/data/first', value: '1'}]"),
      patch(
        "'first' in object.data ? [JSONPatch{op: 'test', path: '/data/first', value: '1'}, JSONPatch{op: 'add', path: '/metadata/labels', value: {'a/b': 'c'}}, JSONPatch{op: 'replace', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: 'd'}] : []",
      ),
      patch(
        "[JSONPatch{op: 'test', path: '/data/first', value: 'other'}, JSONPatch{op: 'remove', path: '/data/first'}]",
      ),
    ];
    await policy('patches', { mutations, reinvocationPolicy: 'Never' }, {}, 'mutating');
    expect(await create({ own: 'x' })).toMatchObject({
      data: { own: 'x', first: '1' },
      metadata: { labels: { 'a/b': 'd' } },
    });
  });

  test('run again when a later policy changed the object', async () => {
    const count = patch(
      "[JSONPatch{op: 'add', path: '/data/runs', value: string(('runs' in object.data ? int(object.data.runs) : 0) + 1)}]",
    );
    await policy('a-counts', { mutations: [count], reinvocationPolicy: 'IfNeeded' }, {}, 'mutating');
    expect(await create({})).toMatchObject({ data: { runs: '1' } });
    const later = apply("Object{data: {'later': 'yes'}}");
    await policy('b-changes', { mutations: [later], reinvocationPolicy: 'Never' }, {}, 'mutating');
    expect(await create({})).toMatchObject({ data: { runs: '2', later: 'yes' } });
  });

  test('tell what is wrong with a mutation, and behave by their failure policy', async () => {
    const refusal = async (mutation: JsonObject) => {
      await policy('wrong', { mutations: [mutation], reinvocationPolicy: 'Never' }, {}, 'mutating');
      return refusalOf(create({ a: '1' }));
    };
    const by = "policy 'wrong' with binding 'wrong-binding' denied request: ";
    expect(await refusal(apply("Object{data: Object.wrong{a: 'b'}}"))).toMatchObject({
      code: 403,
      reason: 'Invalid',
      message: `${by}type mismatch: unexpected type name "Object.wrong", expected "Object.data", which matches field name path from root Object type`,
    });
    expect(await refusal(apply("Object{spec: Object.spec{a: 'b'}}"))).toMatchObject({
      message: expect.stringContaining(`${by}error applying patch`),
    });
    expect(await refusal(patch("[JSONPatch{op: 'remove', path: '/data/none'}]"))).toMatchObject({
      message: expect.stringContaining(`${by}JSONPath: `),
    });
    expect(await refusal(patch('1'))).toMatchObject({
      message: `${by}compilation error: must evaluate to list(JSONPatch)`,
    });
    const ignored = { mutations: [patch('1')], failurePolicy: 'Ignore', reinvocationPolicy: 'Never' };
    await policy('wrong', ignored, {}, 'mutating');
    await create({ a: '1' });
  });
});
