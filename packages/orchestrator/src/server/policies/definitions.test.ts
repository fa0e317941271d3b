import { describe, expect, it } from 'vitest';
import { defineKind, type JsonObject } from '../../kinds/index.js';
import type { AdmissionRequest } from '../admission/admission.js';
import { ApiError } from '../api-error.js';
import { KindCatalog } from '../catalog.js';
import { policyDefinitions, typeWarnings } from './definitions.js';

const catalog = new KindCatalog();
const plugin = policyDefinitions(catalog);
const kindOf = (which: string, kind: string) =>
  defineKind({
    type: { group: 'admissionregistration.k8s.io', version: 'v1', plural: which, kind, namespaced: false },
    schema: `io.k8s.api.admissionregistration.v1.${kind}`,
  });
const validating = kindOf('validatingadmissionpolicies', 'ValidatingAdmissionPolicy');
const mutating = kindOf('mutatingadmissionpolicies', 'MutatingAdmissionPolicy');

function requestFor(spec: JsonObject, kind = validating, old?: JsonObject): AdmissionRequest {
  return {
    operation: old ? 'UPDATE' : 'CREATE',
    kind,
    subresource: '',
    namespace: '',
    name: 'p',
    object: { metadata: { name: 'p', generation: 2 }, spec },
    old,
    context: {
      user: { name: 'ann', groups: [] },
      isDryRun: false,
      fieldManager: '',
      fieldValidation: 'Strict',
      warnings: [],
    },
  };
}

function problemOf(spec: JsonObject, kind = validating): string {
  try {
    plugin.validate?.(requestFor(spec, kind));
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
  return '';
}

const deployments: JsonObject = {
  resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }],
};

describe('a policy with expressions that cannot be compiled is refused', () => {
  it.each<[string, JsonObject, string]>([
    [
      'a validation',
      { validations: [{ expression: 'object.spec.replicas <' }] },
      'spec.validations[0].expression: Invalid value: "object.spec.replicas <": compilation failed: ERROR: <input>:1:23: Syntax error: ',
    ],
    ['a type', { validations: [{ expression: "'x'" }] }, 'must evaluate to bool'],
    ['an unknown name', { validations: [{ expression: 'params.x == 1' }] }, "undeclared reference to 'params'"],
    [
      'a message',
      { validations: [{ expression: 'true', messageExpression: '1' }] },
      'spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string',
    ],
    [
      'a condition that uses variables',
      { variables: [{ name: 'a', expression: '1' }], matchConditions: [{ name: 'c', expression: 'variables.a == 1' }] },
      'spec.matchConditions[0].expression: Invalid value: "variables.a == 1": compilation failed: ERROR: <input>:1:1: undeclared reference to \'variables\'',
    ],
    [
      'a variable that is used before it is made',
      {
        variables: [
          { name: 'b', expression: 'variables.a' },
          { name: 'a', expression: '1' },
        ],
      },
      'spec.variables[0].expression: Invalid value: "variables.a": compilation failed: ERROR: <input>:1:10: undefined field \'a\'',
    ],
    [
      'an annotation',
      { auditAnnotations: [{ key: 'k', valueExpression: '1' }] },
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null]',
    ],
    ['nothing', { validations: [{ expression: ' ' }] }, 'spec.validations[0].expression: Required value'],
    ['an object', { validations: [{ expression: 'Object{} == object' }] }, "undeclared reference to 'Object'"],
  ])('%s', (_name, spec, message) => {
    expect(problemOf(spec)).toContain(message);
  });

  it('a mutation', () => {
    const of = (mutation: JsonObject) => problemOf({ mutations: [mutation] }, mutating);
    expect(of({ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object.spec{}' } })).toContain(
      'spec.mutations[0].applyConfiguration.expression: Invalid value: "Object.spec{}": must evaluate to Object',
    );
    expect(of({ patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{opp: 'x'}]" } })).toContain(
      "undefined field 'opp'",
    );
    const whole = 'Object{spec: Object.spec{replicas: has(object.spec) ? 1 : 2, ?paused: optional.of(true)}}';
    expect(of({ patchType: 'ApplyConfiguration', applyConfiguration: { expression: whole } })).toBe('');
    const patch = "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: 'c'}]";
    expect(of({ patchType: 'JSONPatch', jsonPatch: { expression: patch } })).toBe('');
  });

  it('but stays writable as it is', () => {
    const spec = { validations: [{ expression: 'object.' }] };
    expect(() => plugin.validate?.(requestFor(spec, validating, { metadata: {}, spec }))).not.toThrow();
  });

  it('and one that can be is taken', () => {
    const good = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [
        { name: 'c', expression: "params.data.on == 'yes' && authorizer.path('/x').check('get').allowed()" },
      ],
      variables: [
        { name: 'list', expression: 'object.spec.template.spec.containers.map(c, c.image)' },
        { name: 'first', expression: 'variables.list[0]' },
      ],
      validations: [
        {
          expression: "variables.first.startsWith('a') && authorizer.requestResource.check('x').allowed()",
          messageExpression: "'not ' + string(variables.first) + namespaceObject.metadata.name",
        },
      ],
      auditAnnotations: [{ key: 'k', valueExpression: "'x' + string(variables.list.size())" }],
    };
    expect(problemOf(good)).toBe('');
  });
});

describe('type checking', () => {
  const warningsOf = (spec: JsonObject) => typeWarnings({ spec: { matchConstraints: deployments, ...spec } }, catalog);

  it('tells what a kind does not have', () => {
    expect(
      warningsOf({
        validations: [
          { expression: 'object.replicas > 1' },
          { expression: 'object.spec.replicas > 1 && object.metadata.name.size() < 5' },
          { expression: "object.spec.replicas > 'a'", messageExpression: "'is ' + object.spec.replicas" },
        ],
      }),
    ).toEqual([
      {
        fieldRef: 'spec.validations[0].expression',
        warning:
          "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^\n",
      },
      {
        fieldRef: 'spec.validations[2].expression',
        warning: expect.stringContaining("found no matching overload for '_>_' applied to '(int, string)'"),
      },
      {
        fieldRef: 'spec.validations[2].messageExpression',
        warning: expect.stringContaining("found no matching overload for '_+_' applied to '(string, int)'"),
      },
    ]);
  });

  it('knows the types of parameters and variables', () => {
    const [warning] = warningsOf({
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      variables: [{ name: 'replicas', expression: 'object.spec.replicas' }],
      validations: [{ expression: 'variables.replicas > int(params.data.most) && params.other == 1' }],
    });
    expect(warning?.warning).toContain("undefined field 'other'");
    expect(warning?.warning).not.toContain('replicas >  ^');
  });

  it('leaves out what is about everything', () => {
    const matchConstraints = { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }] };
    expect(warningsOf({ matchConstraints, validations: [{ expression: 'object.nope' }] })).toEqual([]);
  });

  it('is noted in the status', () => {
    const request = requestFor({ matchConstraints: deployments, validations: [{ expression: 'object.nope == 1' }] });
    plugin.mutate?.(request);
    expect(request.object?.status).toMatchObject({
      observedGeneration: 2,
      typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression' }] },
    });
    expect(plugin.handles(validating, 'CREATE', '')).toBe(true);
    expect(plugin.handles(validating, 'UPDATE', 'status')).toBe(false);
  });
});
