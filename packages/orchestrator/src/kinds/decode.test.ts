import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, decodeObject } from './decode.js';
import { kindDefinitions } from './definitions.js';
import { isJsonObject, type Json, type JsonObject, objectAt } from './json.js';
import { type Schema, schemaOf } from './schema.js';

const pod = schemaOf('io.k8s.api.core.v1.Pod');
const deployment = schemaOf('io.k8s.api.apps.v1.Deployment');
const read = (schema: typeof pod, value: JsonObject) => {
  const unknown: string[] = [];
  return { object: decodeObject(schema, value, unknown), unknown };
};

describe('decoding', () => {
  it('names unknown fields by their path and drops them', () => {
    const { object, unknown } = read(pod, {
      spec: { containers: [{ name: 'a', imagee: 'x' }], strange: {} },
      extra: 1,
    });
    expect(unknown).toEqual(['spec.containers[0].imagee', 'spec.strange', 'extra']);
    expect(object).toEqual({ spec: { containers: [{ name: 'a' }] } });
  });

  it('takes null for absent, and for the zero of a list or a map', () => {
    const { object } = read(pod, { metadata: { name: null, labels: { a: null } }, spec: { containers: [null] } });
    expect(object).toEqual({ metadata: { labels: { a: '' } }, spec: { containers: [{}] } });
  });

  it('leaves empty lists and maps of the metadata out, and keeps those of the rest', () => {
    const metadata = { name: 'a', labels: {}, annotations: {}, finalizers: [], ownerReferences: [], managedFields: [] };
    const { object } = read(pod, { metadata, spec: { containers: [], nodeSelector: {} } });
    expect(object).toEqual({ metadata: { name: 'a' }, spec: { containers: [], nodeSelector: {} } });
  });

  const wrong: [string, JsonObject, string][] = [
    [
      'a text for a number',
      { spec: { replicas: 'three' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'half a number',
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'an object for a list',
      { spec: { template: { spec: { containers: {} } } } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      'a number in a map of texts',
      { metadata: { labels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'no time',
      { metadata: { creationTimestamp: '2026-02-31T00:00:00Z' } },
      'parsing time "2026-02-31T00:00:00Z": day out of range',
    ],
    [
      'a date for a time',
      { metadata: { creationTimestamp: '2026-02-01' } },
      'parsing time "2026-02-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
    ],
    [
      'a number for an object',
      { spec: 1 },
      'json: cannot unmarshal number into Go struct field Deployment.spec of type v1.DeploymentSpec',
    ],
    [
      'a text for a truth',
      { spec: { paused: 'yes' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool',
    ],
    [
      'more than 32 bits',
      { spec: { replicas: 2 ** 31 } },
      'json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a truth for a count or a share',
      { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
      'json: cannot unmarshal bool into Go value of type int32',
    ],
    [
      'a number in a list of texts',
      { spec: { template: { spec: { containers: [{ args: ['a', 1] }] } } } },
      'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.args of type string',
    ],
    [
      'an amount that is none',
      { spec: { template: { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } } } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'an amount with a strange suffix',
      { spec: { template: { spec: { containers: [{ resources: { limits: { memory: '1mi' } } }] } } } },
      "unable to parse quantity's suffix",
    ],
  ];
  it.each(wrong)('refuses %s', (_, value, message) => {
    expect(() => read(deployment, value)).toThrow(new DecodeError(message));
  });

  it('writes amounts and times in their canonical form', () => {
    const resources = { limits: { cpu: 0.5, memory: '1024Mi' }, requests: { cpu: '1000m' } };
    const { object } = read(pod, {
      metadata: { creationTimestamp: '2026-11-21T12:00:00.75+02:00' },
      spec: { containers: [{ name: 'a', resources }] },
    });
    expect(object).toEqual({
      metadata: { creationTimestamp: '2026-11-21T10:00:00Z' },
      spec: {
        containers: [{ name: 'a', resources: { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '1' } } }],
      },
    });
    const lease = schemaOf('io.k8s.api.coordination.v1.Lease');
    expect(read(lease, { spec: { renewTime: '2026-11-21T12:00:00.500000+01:00' } }).object).toEqual({
      spec: { renewTime: '2026-11-21T11:00:00.500000Z' },
    });
    expect(() => read(lease, { spec: { renewTime: '2026-11-21T12:00:00Z' } })).toThrow(
      'parsing time "2026-11-21T12:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    );
  });

  const bytes: [string, string][] = [
    ['', ''],
    ['YWJj', 'YWJj'],
    ['YWI=', 'YWI='],
    ['YW\nJj\r\n', 'YWJj'],
    ['YWJ=', 'YWI='],
    ['YWJ', 'illegal base64 data at input byte 0'],
    ['YWJjZ', 'illegal base64 data at input byte 4'],
    ['YW*j', 'illegal base64 data at input byte 2'],
    ['=', 'illegal base64 data at input byte 0'],
    ['YQ=', 'illegal base64 data at input byte 3'],
    ['YQ=a', 'illegal base64 data at input byte 2'],
    ['YWI=YWI=', 'illegal base64 data at input byte 4'],
  ].map(([text = '', wanted = '']) => [text, wanted]);
  it.each(bytes)('%j as bytes: %s', (text, wanted) => {
    const secret = schemaOf('io.k8s.api.core.v1.Secret');
    let found: unknown;
    try {
      found = objectAt(read(secret, { data: { a: text } }).object, 'data').a;
    } catch (error) {
      found = error instanceof DecodeError ? error.message : error;
    }
    expect(found).toBe(wanted);
  });

  it('looks into the schemas of a definition of resources', () => {
    const props = schemaOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
    const { unknown } = read(props, {
      properties: {
        a: { type: 'array', items: { typ: 'string' } },
        b: { additionalProperties: true, default: { x: 1 } },
      },
    });
    expect(unknown).toEqual(['properties.a.items.typ']);
  });

  it('never lets a key change what an object is', () => {
    const { object, unknown } = read(pod, JSON.parse('{"metadata":{"annotations":{"__proto__":"x"}}}'));
    expect(unknown).toEqual(['metadata.annotations.__proto__']);
    expect(Object.keys(object)).toEqual(['metadata']);
  });
});

describe('decoding, of whatever comes', () => {
  const names = ['metadata', 'spec', 'status', 'labels', 'containers', 'template', 'name', 'resources', 'limits', 'x'];
  const value = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 40, '', 'a', '1Gi', '2026-01-01T00:00:00Z', 'AA=='),
      fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 5 }),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  })).tree;
  const kind = fc.constantFrom(...kindDefinitions.filter((each) => !each.isStructural));
  /** An object of a kind with some of its fields, each of the right type. */
  const objectOf = kind.chain((definition) =>
    fittingObject(schemaOf(definition.schema), 9).map((object) => ({ definition, object })),
  );

  it('answers an object or throws DecodeError, and reads its own answer as the same', () => {
    fc.assert(
      fc.property(kind, value, ({ schema }, input) => {
        if (!isJsonObject(input)) return;
        let first: JsonObject;
        try {
          first = decodeObject(schemaOf(schema), input, []);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        const unknown: string[] = [];
        expect(decodeObject(schemaOf(schema), first, unknown)).toEqual(first);
        expect(unknown).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('a kind defaults and judges whatever has been decoded without throwing', () => {
    fc.assert(
      fc.property(objectOf, objectOf, ({ definition, object }, other) => {
        const draft = decodeObject(schemaOf(definition.schema), object, []);
        draft.metadata = isJsonObject(draft.metadata) ? draft.metadata : {};
        const old = other.definition === definition ? other.object : structuredClone(draft);
        definition.setDefaults?.(draft);
        definition.prepareForCreate?.(draft);
        definition.validate?.(draft, undefined);
        definition.prepareForUpdate?.(draft, old);
        definition.validate?.(draft, old);
        for (const column of definition.columns) column.cell(draft, 0);
        for (const field of Object.values(definition.fields)) field(draft);
        for (const each of definition.subresources) {
          each.prepare?.(draft, old, '2026-01-01T00:00:00Z');
          each.validate?.(draft, old);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('defaulting what has been defaulted changes nothing', () => {
    fc.assert(
      fc.property(objectOf, ({ definition, object }) => {
        const draft = decodeObject(schemaOf(definition.schema), object, []);
        draft.metadata = isJsonObject(draft.metadata) ? draft.metadata : {};
        definition.setDefaults?.(draft);
        const once = structuredClone(draft);
        definition.setDefaults?.(draft);
        expect(draft).toEqual(once);
      }),
      { numRuns: 1000 },
    );
  });

  it('an object that is stored as another version comes back as it was', () => {
    const views = kindDefinitions.filter((each) => each.storedAs !== undefined);
    fc.assert(
      fc.property(
        fc
          .constantFrom(...views)
          .chain((each) => fittingObject(schemaOf(each.schema), 6).map((object) => ({ each, object }))),
        ({ each, object }) => {
          const once = each.storedAs?.fromStored(each.storedAs.toStored(object)) ?? {};
          expect(each.storedAs?.fromStored(each.storedAs.toStored(once))).toEqual(once);
        },
      ),
    );
  });
});

const texts = [
  '',
  'a',
  'web',
  'Always',
  'Never',
  'RollingUpdate',
  'Exists',
  'a.example.com',
  '10.0.0.1',
  '50%',
  'None',
];

function fitting(schema: Schema, depth: number): fc.Arbitrary<Json> {
  switch (schema.type) {
    case 'string':
      if (schema.definition?.endsWith('MicroTime')) return fc.constant('2026-01-01T00:00:00.500000Z');
      if (schema.format === 'date-time') return fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.5Z');
      return schema.format === 'byte' ? fc.constantFrom('', 'AA==') : fc.constantFrom(...texts);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.constantFrom(0, 1, 2, -1, 80, 65536);
    case 'array':
      return schema.items && depth > 0 ? fc.array(fitting(schema.items, depth - 1), { maxLength: 2 }) : fc.constant([]);
    case 'object':
      return fittingObject(schema, depth);
    case 'any':
      if (schema.isQuantity) return fc.constantFrom('0', '1', '500m', '1Gi', '-1', '1.5');
      return schema.isIntOrString ? fc.constantFrom<Json>(0, 1, 80, '25%', 'http') : fc.constant({});
  }
}

function fittingObject(schema: Schema, depth: number): fc.Arbitrary<JsonObject> {
  if (depth <= 0) return fc.constant({});
  const { values } = schema;
  if (values) return fc.dictionary(fc.constantFrom('a', 'cpu', 'memory'), fitting(values, depth - 1), { maxKeys: 2 });
  const keys = [...schema.properties.keys()];
  if (keys.length === 0) return fc.constant({});
  return fc.subarray(keys, { maxLength: Math.min(keys.length, 5) }).chain((chosen) =>
    fc.tuple(...chosen.map((key) => fitting(schema.properties.get(key) ?? schema, depth - 1))).map((all) => {
      const object: JsonObject = {};
      chosen.forEach((key, index) => {
        object[key] = all[index];
      });
      return object;
    }),
  );
}
