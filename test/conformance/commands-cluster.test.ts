import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { createKubectl, kubectls } from '../support/kubectl.js';
import { uniqueName } from '../support/slipway.js';

const image = inject('image');
const directory = mkdtempSync(join(tmpdir(), 'slipway-commands-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(kubectls)('users and nodes by kubectl 1.$minor', (which) => {
  const namespace = uniqueName('cluster');
  const { ok, try: attempt, refused } = createKubectl(namespace, which);
  const field = (resource: string, path: string) => ok(['get', resource, '-o', `jsonpath={${path}}`]);
  const mayI = async (...words: string[]) => (await attempt(['auth', 'can-i', ...words])).stdout.trim();
  const requests = ['good', 'bad'].map((name) => `${namespace}-${name}`);

  beforeAll(() => ok(['create', 'namespace', namespace]));
  afterAll(async () => {
    await attempt(['delete', 'csr', '--ignore-not-found', ...requests]);
    await attempt(['delete', 'namespace', namespace, '--wait=false']);
  });

  test.concurrent('auth can-i answers for oneself and for others', async () => {
    await ok(['create', 'serviceaccount', 'reader']);
    await ok(['create', 'role', 'reader', '--verb=get,list', '--resource=pods,pods/log,deployments.apps']);
    await ok(['create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:reader`]);
    const as = `--as=system:serviceaccount:${namespace}:reader`;
    expect(await mayI('*', '*', '--all-namespaces')).toBe('yes');
    await eventually(async () => expect(await mayI('list', 'pods', as)).toBe('yes'));
    expect(await mayI('get', 'pods', '--subresource=log', as)).toBe('yes');
    expect(await mayI('delete', 'pods', as)).toBe('no');
    expect(await mayI('list', 'deployments.apps', as, '-n', 'default')).toBe('no');
    expect(await mayI('get', '/healthz', '--as=somebody')).toBe('yes');
    expect(await mayI('get', '/metrics', '--as=somebody')).toBe('no');
    expect(await mayI('get', 'secrets', '--as=somebody', '--as-group=system:masters')).toBe('yes');
    expect(await mayI('--list', as)).toMatch(/deployments\.apps +\[\] +\[\] +\[get list\]/);
    expect((await attempt(['auth', 'can-i', 'delete', 'pods', as, '-q'])).exit).toBe(1);
    if (which.minor >= 27)
      expect(await ok(['auth', 'whoami', as])).toContain(`system:serviceaccount:${namespace}:reader`);
  });

  test.concurrent('auth reconcile brings a role to what it is to be', async () => {
    const role = (verbs: string[]) =>
      JSON.stringify({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'kept', namespace },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
      });
    expect(await ok(['auth', 'reconcile', '-f', '-'], role(['get']))).toContain('kept reconciled');
    await ok(['auth', 'reconcile', '-f', '-'], role(['list']));
    expect(await field('role/kept', '.rules[*].verbs[*]')).toMatch(/get.*list|list.*get/);
  });

  test.concurrent('create token makes one that the API takes', async ({ skip }) => {
    skip(which.minor < 24);
    await ok(['create', 'serviceaccount', 'bearer']);
    const token = await ok([
      'create',
      'token',
      'bearer',
      '--duration=20m',
      '--audience=https://kubernetes.default.svc.cluster.local',
    ]);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: `system:serviceaccount:${namespace}:bearer` });
    expect(claims.exp - claims.iat).toBe(1200);
    expect(await refused(['create', 'token', 'bearer', '--duration=1s'])).toContain('10 minutes');
    expect(await refused(['create', 'token', 'nobody'])).toContain('not found');
  });

  test.concurrent('certificate approve lets a request be signed, deny does not', async () => {
    for (const name of requests) await ok(['create', '-f', '-'], certificateRequest(name));
    expect(await ok(['certificate', 'approve', requests[0] ?? ''])).toContain('approved');
    await eventually(async () => expect(await field(`csr/${requests[0]}`, '.status.certificate')).not.toBe(''));
    const certificate = Buffer.from(await field(`csr/${requests[0]}`, '.status.certificate'), 'base64').toString();
    expect(certificate).toContain('BEGIN CERTIFICATE');
    expect(await ok(['certificate', 'deny', requests[1] ?? ''])).toContain('denied');
    expect(await ok(['get', 'csr', requests[1] ?? ''])).toContain('Denied');
    expect(await field(`csr/${requests[1]}`, '.status.certificate')).toBe('');
    expect(await ok(['describe', 'csr', requests[0] ?? ''])).toMatch(/Common Name:\s+jane/);
  });

  test('cordon, taint, drain and uncordon a node', async () => {
    const [node = ''] = (await field('nodes', '.items[*].metadata.name')).split(' ');
    const sleeper = (name: string, more: object = {}) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { drained: namespace, app: name } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['sleep', '1000'] }],
        ...more,
      },
    });
    await eventually(() => ok(['get', 'serviceaccount', 'default']));
    await ok(['apply', '-f', '-'], JSON.stringify(sleeper('drained')));
    await ok(['wait', '--for=condition=Ready', 'pod/drained', '--timeout=60s']);
    try {
      expect(await ok(['cordon', node])).toContain('cordoned');
      expect(await ok(['get', 'node', node])).toContain('SchedulingDisabled');
      await ok(['apply', '-f', '-'], JSON.stringify(sleeper('waits')));
      await eventually(async () =>
        expect(await field('pod/waits', '.status.conditions[?(@.type=="PodScheduled")].reason')).toBe('Unschedulable'),
      );
      const drain = ['drain', node, `--pod-selector=drained=${namespace},app=drained`, '--ignore-daemonsets'];
      expect(await refused(drain)).toContain('--force');
      if (which.minor >= 21) {
        // A pod that nobody would replace: its budget, whose selector it is, allows no disruption.
        await ok(['create', 'pdb', 'guard', '--selector=app=drained', '--min-available=1']);
        await eventually(async () => expect(await field('pdb/guard', '.status.currentHealthy')).toBe('1'));
        const held = await refused([...drain, '--force', '--timeout=2s']);
        expect(held).toContain("Cannot evict pod as it would violate the pod's disruption budget");
        await ok(['delete', 'pdb', 'guard']);
      }
      expect(await ok([...drain, '--force', '--timeout=60s'])).toContain('evict');
      expect(await refused(['get', 'pod', 'drained'])).toContain('NotFound');
    } finally {
      await ok(['uncordon', node]);
    }
    await ok(['wait', '--for=condition=Ready', 'pod/waits', '--timeout=60s']);
    await ok(['taint', 'node', node, `${namespace}=here:PreferNoSchedule`]);
    expect(await ok(['describe', 'node', node])).toContain(`${namespace}=here:PreferNoSchedule`);
    expect(await ok(['taint', 'node', node, `${namespace}-`])).toContain('untainted');
  });
});

/** A CertificateSigningRequest for a client certificate of the user `jane`. */
function certificateRequest(name: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = join(directory, `${name}.key`);
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const request = execFileSync('openssl', ['req', '-new', '-key', key, '-subj', '/O=readers/CN=jane']);
  return JSON.stringify({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: request.toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      expirationSeconds: 3600,
    },
  });
}
