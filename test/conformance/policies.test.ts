import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type Answer, createKubeRequests, type KubeRequests } from '../support/kube-requests.js';
import { uniqueName } from '../support/slipway.js';

const namespace = uniqueName('policies');
const group = '/apis/admissionregistration.k8s.io/v1';
const maps = `/api/v1/namespaces/${namespace}/configmaps`;
let kube: KubeRequests;
let isServed = false;
let serial = 0;
const made: string[] = [];

type Json = Record<string, unknown>;

/** Only what happens in our own namespace. */
const matchConstraints = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
  resourceRules: [
    { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
  ],
};

async function post(plural: string, name: string, spec: Json): Promise<Answer> {
  const answer = await kube.send('POST', `${group}/${plural}`, { metadata: { name }, spec });
  if (answer.status === 201) made.push(`${group}/${plural}/${name}`);
  return answer;
}

/** Makes a policy with its binding; answers its name. */
async function policy(which: 'validating' | 'mutating', spec: Json, binding: Json = {}): Promise<string> {
  const name = uniqueName('policy');
  const own = which === 'mutating' ? { reinvocationPolicy: 'Never' } : {};
  const policyAnswer = await post(`${which}admissionpolicies`, name, { ...own, matchConstraints, ...spec });
  expect(policyAnswer.status, policyAnswer.body.message).toBe(201);
  const actions = which === 'validating' ? { validationActions: ['Deny'] } : {};
  const bindingAnswer = await post(`${which}admissionpolicybindings`, name, {
    policyName: name,
    ...actions,
    ...binding,
  });
  expect(bindingAnswer.status, bindingAnswer.body.message).toBe(201);
  return name;
}

function create(data: Json = {}, more: Json = {}): Promise<Answer> {
  serial += 1;
  return kube.send('POST', maps, { metadata: { name: `map-${serial}`, ...more }, data });
}

/** Policies take effect soon after they are made, not at once. */
const created = (data: Json, isAsWanted: (answer: Answer) => boolean) =>
  eventually(async () => {
    const answer = await create(data);
    expect(isAsWanted(answer), JSON.stringify(answer.body)).toBe(true);
    return answer;
  });

beforeAll(async () => {
  kube = createKubeRequests();
  isServed = (await kube.send('GET', `${group}/validatingadmissionpolicies`)).status === 200;
  await kube.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
});

beforeEach(async (context) => {
  if (!isServed) context.skip('the cluster does not serve ValidatingAdmissionPolicy v1');
  for (const path of made.splice(0).reverse()) await kube.send('DELETE', path);
});

afterAll(async () => {
  for (const path of made.splice(0).reverse()) await kube.send('DELETE', path);
  await kube.send('DELETE', `/api/v1/namespaces/${namespace}`);
});

describe('a ValidatingAdmissionPolicy', () => {
  test('refuses with the reason and the message it states', async () => {
    const name = await policy('validating', {
      validations: [{ expression: "!('a' in object.data)", messageExpression: "'no a in ' + object.metadata.name" }],
    });
    const { status, body } = await created({ a: '1' }, (answer) => answer.status === 422);
    const text = `ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: no a in map-${serial}`;
    expect(status).toBe(422);
    expect(body).toMatchObject({
      kind: 'Status',
      reason: 'Invalid',
      message: `configmaps "map-${serial}" is forbidden: ${text}`,
      details: { name: `map-${serial}`, kind: 'configmaps', causes: [{ message: text }] },
    });
    expect((await create({ b: '1' })).status).toBe(201);
  });

  test('without a message shows its expression', async () => {
    await policy('validating', { validations: [{ expression: "'b' in object.data", reason: 'Forbidden' }] });
    const { body } = await created({ a: '1' }, (answer) => answer.status === 403);
    expect(body.message).toMatch(/denied request: failed expression: 'b' in object\.data$/);
    expect(body.reason).toBe('Forbidden');
  });

  test('only warns where its binding says Warn', async () => {
    const spec = { validations: [{ expression: 'false', message: 'think again' }] };
    await policy('validating', spec, { validationActions: ['Warn'] });
    const { headers } = await created({ a: '1' }, (answer) => answer.headers.warning !== undefined);
    expect(String(headers.warning)).toContain('think again');
  });

  test('is given parameters by its binding', async () => {
    await kube.send('POST', maps, { metadata: { name: 'limits', labels: { for: 'policy' } }, data: { most: '1' } });
    await policy(
      'validating',
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        matchConditions: [{ name: 'not-itself', expression: "object.metadata.name != 'limits'" }],
        variables: [{ name: 'most', expression: 'int(params.data.most)' }],
        validations: [
          {
            expression: 'size(object.data) <= variables.most',
            messageExpression: "'at most ' + string(variables.most)",
          },
        ],
      },
      { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
    );
    const { body } = await created({ a: '1', b: '2' }, (answer) => answer.status === 422);
    expect(body.message).toContain('denied request: at most 1');
    expect((await create({ a: '1' })).status).toBe(201);
  });

  test('with an expression that is none is refused itself', async () => {
    const of = (expression: string) =>
      post('validatingadmissionpolicies', uniqueName('bad'), { matchConstraints, validations: [{ expression }] });
    const unknown = await of('nothing.here == 1');
    expect(unknown.status).toBe(422);
    expect(unknown.body.message).toContain(
      "spec.validations[0].expression: Invalid value: \"nothing.here == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'nothing' (in container '')",
    );
    const typed = await of("'a'");
    expect(typed.body.message).toContain('must evaluate to bool');
  });

  test('is told in its status where its types do not fit', async () => {
    const name = await policy('validating', { validations: [{ expression: 'object.nope == 1' }] });
    await eventually(async () => {
      const { body } = await kube.send('GET', `${group}/validatingadmissionpolicies/${name}`);
      expect(JSON.stringify(body.status)).toContain("undefined field 'nope'");
    });
  });
});

describe('a MutatingAdmissionPolicy', () => {
  test('merges an applied configuration', async () => {
    const expression = "Object{metadata: Object.metadata{labels: {'made-by': 'policy'}}}";
    await policy('mutating', { mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }] });
    const { body } = await created({ a: '1' }, (answer) => answer.body.metadata?.['labels'] !== undefined);
    expect(body).toMatchObject({ metadata: { labels: { 'made-by': 'policy' } }, data: { a: '1' } });
  });

  test('applies JSON patches', async () => {
    const expression = "[JSONPatch{op: 'add', path: '/data/' + jsonpatch.escapeKey('x/y'), value: string(1 + 1)}]";
    // A slash cannot stand in a key of a ConfigMap, so that a patch that is applied is refused by validation.
    await policy('mutating', { mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }] });
    const { body } = await created({ a: '1' }, (answer) => answer.status === 422);
    expect(body.message).toContain('data[x/y]');
  });

  test('whose expression ends in an error refuses the request, or is left out where it may be', async () => {
    const expression = "[JSONPatch{op: 'add', path: '/data/x', value: object.nope.nope}]";
    const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression } }];
    await policy('mutating', { mutations });
    const { body } = await created({ a: '1' }, (answer) => answer.status === 403);
    expect(body.message).toContain('no such key: nope');
    for (const path of made.splice(0).reverse()) await kube.send('DELETE', path);
    await policy('mutating', { mutations, failurePolicy: 'Ignore' });
    await created({ a: '1' }, (answer) => answer.status === 201);
  });
});
