import { describe, expect, test } from 'vitest';
import { type FieldError, isJsonObject, type JsonObject, type KindDefinition } from '../../kinds/index.js';
import { compareVersions, customKindsOf } from './custom-kind.js';
import { definitionErrors } from './definition-rules.js';
import { statusOf } from './definition-status.js';
import { JsonPath } from './json-path.js';

const now = '2026-01-01T00:00:00Z';

function definitionOf(properties: JsonObject, more: JsonObject = {}, name = 'things'): JsonObject {
  const definition: JsonObject = {
    metadata: { name: `${name}.example.com`, uid: name },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: name, singular: name.slice(0, -1), kind: `Kind${name}`, listKind: `Kind${name}List` },
      conversion: { strategy: 'None' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties } },
          ...more,
        },
      ],
    },
  };
  definition.status = statusOf(definition, [], now);
  return definition;
}

function kindOf(spec: JsonObject): KindDefinition {
  const [kind] = customKindsOf(definitionOf({ spec }));
  if (!kind) throw new Error('no kind was made');
  return kind;
}

const textsOf = (errors: readonly FieldError[]) => errors.map((each) => `${each.field}: ${each.message}`);

function judge(spec: JsonObject, value: JsonObject[string], old?: JsonObject[string]) {
  const warnings: string[] = [];
  const before = old === undefined ? undefined : { spec: old };
  const errors = kindOf(spec).custom?.validate({ spec: value }, before, warnings) ?? [];
  return { errors: textsOf(errors), warnings };
}

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });
const rule = (text: string, more: JsonObject = {}): JsonObject => ({
  'x-kubernetes-validations': [{ rule: text, ...more }],
});

describe('a value is judged by its schema', () => {
  const text: JsonObject = { type: 'string' };
  test.each<[string, JsonObject, JsonObject[string], string[]]>([
    [
      'null',
      object({ a: text }),
      { a: null },
      ['spec.a: Invalid value: "null": spec.a in body must be of type string: "null"'],
    ],
    ['nullable', object({ a: { ...text, nullable: true } }), { a: null }, []],
    [
      'int-or-string',
      object({ a: { 'x-kubernetes-int-or-string': true } }),
      { a: true },
      ['spec.a: Invalid value: "boolean": spec.a in body must be of type integer,string: "boolean"'],
    ],
    [
      'minLength',
      object({ a: { ...text, minLength: 2 } }),
      { a: 'x' },
      ['spec.a: Invalid value: "x": spec.a in body should be at least 2 chars long'],
    ],
    [
      'maxLength',
      object({ a: { ...text, maxLength: 1 } }),
      { a: 'xx' },
      ['spec.a: Too long: may not be more than 1 bytes'],
    ],
    [
      'format',
      object({ a: { ...text, format: 'ipv4' } }),
      { a: 'x' },
      ['spec.a: Invalid value: "x": spec.a in body must be of type ipv4: "x"'],
    ],
    [
      'exclusive',
      object({ a: { type: 'integer', minimum: 1, exclusiveMinimum: true } }),
      { a: 1 },
      ['spec.a: Invalid value: 1: spec.a in body should be greater than 1'],
    ],
    [
      'maxItems',
      object({ a: { type: 'array', items: text, maxItems: 1 } }),
      { a: ['x', 'y'] },
      ['spec.a: Too many: 2: must have at most 1 items'],
    ],
    [
      'set',
      object({ a: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' } }),
      { a: ['x', 'x'] },
      ['spec.a[1]: Duplicate value: "x"'],
    ],
    [
      'oneOf',
      object({ a: text, b: text }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
      { a: 'x', b: 'y' },
      ['<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
    [
      'embedded',
      object({
        a: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      }),
      { a: { kind: 'X' } },
      ['spec.a.apiVersion: Required value: must not be empty'],
    ],
  ])('%s', (_, schema, value, errors) => {
    expect(judge(schema, value).errors).toEqual(errors);
  });

  test('a pattern that would take for ever elsewhere is answered at once', () => {
    expect(
      judge(object({ a: { type: 'string', pattern: '^(a+)+$' } }), { a: `${'a'.repeat(50)}b` }).errors,
    ).toHaveLength(1);
  });
});

describe('what is wrong but untouched stays', () => {
  const schema = object({ a: { type: 'string', maxLength: 1 }, b: { type: 'string' } });
  test('a field that has not been changed is not judged', () => {
    expect(judge(schema, { a: 'long', b: 'new' }, { a: 'long', b: 'old' }).errors).toEqual([]);
    expect(judge(schema, { a: 'other', b: 'old' }, { a: 'long', b: 'old' }).errors).toHaveLength(1);
  });
  test('a rule about it only warns', () => {
    const ruled = object({ a: { type: 'string', maxLength: 9, ...rule("self == 'x'") }, b: { type: 'string' } });
    const found = judge(ruled, { a: 'y', b: 'new' }, { a: 'y', b: 'old' });
    expect(found.errors).toEqual([]);
    expect(found.warnings).toEqual([`spec.a: Invalid value: "string": failed rule: self == 'x'`]);
  });
});

describe('rules', () => {
  const number: JsonObject = { type: 'integer' };
  test('a transition rule is asked only where there is something to compare', () => {
    const schema = object({ a: { ...number, ...rule('self >= oldSelf', { message: 'may not shrink' }) } });
    expect(judge(schema, { a: 1 }).errors).toEqual([]);
    expect(judge(schema, { a: 1 }, { a: 2 }).errors).toEqual(['spec.a: Invalid value: "integer": may not shrink']);
  });
  test('with optionalOldSelf it is asked on creation too', () => {
    const schema = object({
      a: { ...number, ...rule('oldSelf.hasValue() || self == 1', { message: 'begins at 1', optionalOldSelf: true }) },
    });
    expect(judge(schema, { a: 2 }).errors).toEqual(['spec.a: Invalid value: "integer": begins at 1']);
    expect(judge(schema, { a: 2 }, { a: 1 }).errors).toEqual([]);
  });
  test('reason and field path say where and what', () => {
    const schema = object(
      { a: number },
      rule('self.a > 1', { reason: 'FieldValueForbidden', fieldPath: '.a', message: 'no' }),
    );
    expect(judge(schema, { a: 1 }).errors).toEqual(['spec.a: Forbidden: no']);
  });
  test('are not asked of what the schema refuses', () => {
    const schema = object({ a: number }, rule('self.a > 1'));
    expect(judge(schema, { a: 'x' }).errors[1]).toContain('some validation rules were not checked');
  });
});

test('unknown fields are dropped and named, nulls give way to defaults', () => {
  const kind = kindOf(
    object({
      a: object({ b: { type: 'string', default: 'x' } }, { default: {} }),
      list: { type: 'array', items: object({ c: { type: 'integer', default: 3 } }) },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    }),
  );
  const unknown: string[] = [];
  const input = { metadata: { name: 'n' }, spec: { a: null, list: [{ d: 1 }], free: { any: 1 }, extra: 1 }, more: 1 };
  const draft = kind.custom?.decode(input, unknown) ?? {};
  kind.setDefaults?.(draft);
  expect(draft.spec).toEqual({ a: { b: 'x' }, list: [{ c: 3 }], free: { any: 1 } });
  expect(unknown).toEqual(['spec.list[0].d', 'spec.extra', 'more']);
});

test('a version is read as another by its apiVersion', () => {
  const definition = definitionOf({ spec: object({ a: { type: 'string' } }) });
  const { spec } = definition;
  if (!isJsonObject(spec) || !Array.isArray(spec.versions) || !isJsonObject(spec.versions[0]))
    throw new Error('no versions');
  spec.versions.push({ ...spec.versions[0], name: 'v2', storage: false });
  const kinds = customKindsOf(definition);
  expect(kinds.map((each) => each.type.version)).toEqual(['v2', 'v1']);
  expect(kinds[0]?.storedAs?.toStored({ apiVersion: 'example.com/v2', spec: {} }).apiVersion).toBe('example.com/v1');
  expect(kinds[0]?.storedAs?.fromStored({ apiVersion: 'example.com/v1' }).apiVersion).toBe('example.com/v2');
});

test('versions are ordered by stability, then by number', () => {
  const names = ['v1alpha1', 'foo', 'v2', 'v1beta2', 'v10', 'v1beta10', 'v1'];
  expect(names.sort(compareVersions)).toEqual(['v10', 'v2', 'v1', 'v1beta10', 'v1beta2', 'v1alpha1', 'foo']);
});

describe('a definition', () => {
  const errorsOf = (properties: JsonObject, more: JsonObject = {}) =>
    textsOf(definitionErrors(definitionOf(properties, more), undefined));
  const at = 'spec.validation.openAPIV3Schema.properties[spec]';
  test.each<[string, JsonObject, string]>([
    ['untyped', {}, `${at}.type: Required value: must not be empty for specified object fields`],
    ['items', { type: 'array' }, `${at}.items: Required value: must be specified`],
    [
      'nested type',
      object({ a: { type: 'string' } }, { anyOf: [{ properties: { a: { type: 'string' } } }] }),
      `${at}.anyOf[0].properties[a].type: Forbidden: must be empty to be structural`,
    ],
    [
      'incomplete',
      object({}, { anyOf: [{ properties: { a: { minLength: 1 } } }] }),
      `${at}.properties[a]: Required value: because it is defined in ${at}.anyOf[0].properties[a]`,
    ],
    [
      'default',
      { type: 'integer', default: 'x' },
      `${at}.default: Invalid value: "string": ${at}.default in body must be of type integer: "string"`,
    ],
    [
      'uncorrelatable',
      { type: 'array', maxItems: 2, items: { type: 'integer', ...rule('self == oldSelf') } },
      `${at}.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema`,
    ],
  ])('is refused: %s', (_, spec, error) => {
    expect(errorsOf({ spec })).toContain(error);
  });

  test('is refused where a rule may cost too much', () => {
    const list: JsonObject = { type: 'array', items: { type: 'string' } };
    const costly = object({ a: list }, rule('self.a.all(x, self.a.all(y, x == y))'));
    expect(errorsOf({ spec: costly })[0]).toContain('estimated rule cost exceeds budget by factor of more than 100x');
  });

  test('waits for names that another has', () => {
    const first = definitionOf({});
    const second = definitionOf({}, {}, 'others');
    const { spec } = second;
    if (isJsonObject(spec)) spec.names = { plural: 'others', singular: 'thing', kind: 'Other', listKind: 'OtherList' };
    delete second.status;
    const status = statusOf(second, [first], now);
    expect(status.conditions).toEqual([
      {
        type: 'NamesAccepted',
        status: 'False',
        lastTransitionTime: now,
        reason: 'SingularConflict',
        message: '"thing" is already in use',
      },
      {
        type: 'Established',
        status: 'False',
        lastTransitionTime: now,
        reason: 'NotAccepted',
        message: 'not all names are accepted',
      },
    ]);
  });
});

describe('a definition with a conversion', () => {
  const errorsOf = (conversion: JsonObject, stored: string[] = ['v1']) => {
    const definition = definitionOf({ spec: { type: 'object' } });
    if (isJsonObject(definition.spec)) definition.spec.conversion = conversion;
    if (isJsonObject(definition.status)) definition.status.storedVersions = stored;
    return textsOf(definitionErrors(definition, undefined));
  };
  const hook = (clientConfig: JsonObject, ...versions: string[]): JsonObject => ({
    strategy: 'Webhook',
    webhook: { clientConfig, conversionReviewVersions: versions },
  });
  const at = 'spec.conversion';
  const good = { url: 'https://hook.example.com/convert' };
  test.each<[string, JsonObject, string[]]>([
    ['that is right', hook(good, 'v1'), []],
    [
      'none',
      { strategy: 'Other' },
      [`${at}.strategy: Unsupported value: "Other": supported values: "None", "Webhook"`],
    ],
    [
      'without a hook',
      { strategy: 'Webhook' },
      [`${at}.webhookClientConfig: Required value: required when strategy is set to Webhook`],
    ],
    [
      'that leads nowhere',
      hook({}, 'v1'),
      [`${at}.webhookClientConfig: Required value: exactly one of url or service is required`],
    ],
    [
      'in the clear',
      hook({ url: 'http://hook.example.com' }, 'v1'),
      [
        `${at}.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      ],
    ],
    ['of no version', hook(good), [`${at}.conversionReviewVersions: Required value`]],
    [
      'of a strange version',
      hook(good, 'v9'),
      [`${at}.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1`],
    ],
    [
      'of a version twice',
      hook(good, 'v1', 'v1'),
      [`${at}.conversionReviewVersions[1]: Invalid value: "v1": duplicate version`],
    ],
  ])('%s', (_, conversion, errors) => {
    expect(errorsOf(conversion)).toEqual(errors);
  });

  test('keeps the versions that objects may be stored in', () => {
    expect(errorsOf(hook(good, 'v1'), [])).toEqual([
      'status.storedVersions: Invalid value: []: must have at least one stored version',
    ]);
    expect(errorsOf(hook(good, 'v1'), ['v0'])).toEqual([
      'status.storedVersions: Invalid value: ["v0"]: must have the storage version v1',
      'status.storedVersions[0]: Invalid value: "v0": missing from spec.versions; v0 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v0 and removes v0 from status.storedVersions',
    ]);
  });
});

test.each<[string, unknown[]]>([
  ['.a.b', [1]],
  ["['a']['b']", [1]],
  ['.list[*].name', ['x', 'y']],
  ['.list[1].name', ['y']],
  ['.list[-1:].name', ['y']],
  ['.list[?(@.name=="y")].on', [true]],
  ['.list[?(@.on==true)].name', ['y']],
  ['.dotted\\.key', [2]],
  ['..name', ['x', 'y']],
  ['.missing.deep', []],
])('the path %s', (path, found) => {
  const value = { a: { b: 1 }, list: [{ name: 'x' }, { name: 'y', on: true }], 'dotted.key': 2 };
  expect(new JsonPath(path).find(value)).toEqual(found);
});
