import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { kubectlMinor, startTestCluster, type TestCluster } from '../../testing/index.js';

const definition = (extra = '') => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.labelSelector}
    selectableFields: [{jsonPath: .spec.image}]
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        description: A job that runs at times.
        required: [spec]
        properties:
          spec:
            type: object
            required: [cronSpec]
            x-kubernetes-validations:
            - {rule: 'self.replicas <= self.maxReplicas', message: 'too many replicas', fieldPath: .replicas}
            - {rule: 'self.image == oldSelf.image', messageExpression: "'image was ' + oldSelf.image"}
            properties:
              cronSpec: {type: string, pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$', description: When to run.}
              image: {type: string, default: example/cron, maxLength: 100}
              replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
              maxReplicas: {type: integer, default: 5}
              port: {x-kubernetes-int-or-string: true}
              note: {type: string, nullable: true}
              anything: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
${extra}`;

const cron = (name: string, spec: string) => `apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: ${name}}
spec: ${spec}
`;

describe.skipIf(kubectlMinor() < 28)('a CustomResourceDefinition', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
    expect((await kubectl(['apply', '-f', '-'], definition())).out).toContain('crontabs.stable.example.com created');
  });
  afterAll(() => cluster.stop());

  function kubectl(args: string[], input = ''): Promise<{ code: number; out: string }> {
    return new Promise((resolve) => {
      const options = ['--kubeconfig', cluster.kubeconfig, `--cache-dir=${cluster.directory}/cache`];
      const child = execFile('kubectl', [...options, ...args], (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, out: stdout + stderr });
      });
      child.stdin?.end(input);
    });
  }
  const apply = (text: string) => kubectl(['apply', '-f', '-'], text);
  const field = async (name: string, path: string) =>
    (await kubectl(['get', 'crontab', name, '-o', `jsonpath=${path}`])).out;

  test('is established as soon as it is written', async () => {
    const waited = await kubectl([
      'wait',
      '--for=condition=Established',
      'crd/crontabs.stable.example.com',
      '--timeout=5s',
    ]);
    expect(waited.out).toContain('condition met');
    expect((await kubectl(['api-resources', '--api-group=stable.example.com'])).out).toMatch(/crontabs\s+ct\s+stable/);
    expect((await kubectl(['explain', 'crontab.spec.cronSpec'])).out).toContain('When to run.');
  });

  test('makes objects that are created, read, patched, scaled and printed', async () => {
    expect((await apply(cron('a', "{cronSpec: '* * * * */5', note: null}"))).out).toContain(
      'crontab.stable.example.com/a created',
    );
    expect(await field('a', '{.spec.image} {.spec.replicas} {.metadata.generation}')).toBe('example/cron 1 1');
    expect((await kubectl(['patch', 'ct', 'a', '--type=merge', '-p', '{"spec":{"replicas":2}}'])).out).toContain(
      'patched',
    );
    expect((await kubectl(['scale', 'ct', 'a', '--replicas=3'])).out).toContain('scaled');
    expect(await field('a', '{.spec.replicas} {.metadata.generation}')).toBe('3 3');
    const status = '{"status":{"replicas":3,"conditions":[{"type":"Ready","status":"True"}]},"spec":{"replicas":9}}';
    expect((await kubectl(['patch', 'ct', 'a', '--subresource=status', '--type=merge', '-p', status])).out).toContain(
      'patched',
    );
    expect(await field('a', '{.spec.replicas} {.status.replicas} {.metadata.generation}')).toBe('3 3 3');
    const table = (await kubectl(['get', 'ct', 'a'])).out;
    expect(table).toMatch(/NAME\s+SPEC\s+REPLICAS\s+READY\s+AGE/);
    expect(table).toMatch(/a\s+\* \* \* \* \*\/5\s+3\s+True\s+\d+s/);
    expect((await kubectl(['get', 'ct', '--field-selector', 'spec.image=example/cron', '-o', 'name'])).out).toContain(
      '/a',
    );
    expect((await kubectl(['get', 'ct', '--field-selector', 'spec.image=other', '-o', 'name'])).out).toBe('');
    expect((await kubectl(['get', 'all'])).out).toContain('crontab.stable.example.com/a');
  });

  test('refuses what its schema and its rules refuse', async () => {
    const pattern = await apply(cron('b', '{cronSpec: never}'));
    expect(pattern.out).toContain(
      'The CronTab "b" is invalid: spec.cronSpec: Invalid value: "never": spec.cronSpec in body should match',
    );
    expect((await apply(cron('b', "{cronSpec: '* * * * *', replicas: many}"))).out).toContain(
      'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    );
    expect((await apply(cron('b', '{}'))).out).toContain('spec.cronSpec: Required value');
    expect((await apply(cron('b', "{cronSpec: '* * * * *', replicas: 11}"))).out).toContain(
      'spec.replicas in body should be less than or equal to 10',
    );
    expect((await apply(cron('b', "{cronSpec: '* * * * *', replicas: 6}"))).out).toContain(
      'spec.replicas: Invalid value: "object": too many replicas',
    );
    expect((await apply(cron('b', "{cronSpec: '* * * * *', imagge: x}"))).out).toContain('unknown field "spec.imagge"');
    await apply(cron('b', "{cronSpec: '* * * * *', image: one}"));
    expect((await apply(cron('b', "{cronSpec: '* * * * *', image: two}"))).out).toContain(
      'spec: Invalid value: "object": image was one',
    );
  });

  test('keeps what it does not describe only where it says so', async () => {
    await apply(cron('c', "{cronSpec: '* * * * *', anything: {x: {deep: 1}}, port: http}"));
    expect(await field('c', '{.spec.anything.x.deep} {.spec.port}')).toBe('1 http');
    const loose = await kubectl(
      ['apply', '--validate=ignore', '-f', '-'],
      cron('d', "{cronSpec: '* * * * *', extra: 1}"),
    );
    expect(loose.out).toContain('created');
    expect(await field('d', '{.spec.extra}')).toBe('');
  });

  test('is served in every version it names', async () => {
    const second = definition(`  - name: v2
    served: true
    storage: false
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`);
    expect((await apply(second)).out).toContain('configured');
    const seen = await kubectl([
      'get',
      'crontabs.v2.stable.example.com',
      'c',
      '-o',
      'jsonpath={.apiVersion} {.spec.port}',
    ]);
    expect(seen.out).toBe('stable.example.com/v2 http');
    expect((await kubectl(['get', 'crontabs.v1.stable.example.com', 'c', '-o', 'jsonpath={.apiVersion}'])).out).toBe(
      'stable.example.com/v1',
    );
  });

  test('is refused when it is not structural or its rules are wrong', async () => {
    const other = (schema: string) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {plural: things, kind: Thing}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: ${schema}}}]
`;
    expect((await apply(other('{type: object, properties: {spec: {}}}'))).out).toContain(
      'spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields',
    );
    const wrong =
      '{type: object, properties: {spec: {type: object, x-kubernetes-validations: [{rule: self.nothing}]}}}';
    const refused = (await apply(other(wrong))).out;
    expect(refused).toContain(
      'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value',
    );
    expect(refused).toContain("undefined field 'nothing'");
  });

  test('takes its objects with it', async () => {
    expect((await kubectl(['delete', 'crd', 'crontabs.stable.example.com', '--timeout=20s'])).out).toContain('deleted');
    expect((await kubectl(['get', 'crd', 'crontabs.stable.example.com'])).out).toContain('not found');
    await apply(definition());
    expect((await kubectl(['get', '--raw', '/apis/stable.example.com/v1/crontabs'])).out).toContain('"items":[]');
  });
});
