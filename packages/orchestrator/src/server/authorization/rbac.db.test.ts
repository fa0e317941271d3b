import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { clusterRoles } from '../../kinds/index.js';
import { startTestCluster, type TestCluster } from '../../testing/index.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
});
afterAll(() => cluster.stop());

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const as = (user: string, ...groups: string[]) => ({
  'impersonate-user': user,
  ...(groups.length > 0 && { 'impersonate-group': groups.join(',') }),
});

interface Answer {
  status: number;
  body: { message?: string; reason?: string; status?: { allowed?: boolean; reason?: string } };
}

async function send(method: string, path: string, body: object | undefined, headers: object = {}): Promise<Answer> {
  const answer = await cluster.client.request(method, path, { body, headers: { ...headers } });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const role = (name: string, rules: object[]) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name },
  rules,
});
const binding = (kind: string, name: string, roleRef: object, user: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
});

async function can(user: string, verb: string, resource: string, more: object = {}, groups: string[] = []) {
  const spec = { user, groups, resourceAttributes: { verb, resource, namespace: 'default', ...more } };
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  return (await send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review)).body.status;
}

test('the roles that every cluster has are there, and admin, edit and view hold what is added to them', async () => {
  const names = (await cluster.client.list(clusterRoles)).items.map((each) => each.metadata.name);
  for (const name of [
    'cluster-admin',
    'admin',
    'edit',
    'view',
    'system:basic-user',
    'system:node',
    'system:kube-scheduler',
    'system:controller:certificate-controller',
    'system:controller:disruption-controller',
  ])
    expect(names).toContain(name);
  await cluster.client.create(clusterRoles, {
    metadata: { name: 'widgets', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
    rules: [{ apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] }],
  });
  const bound = binding('RoleBinding', 'vera', { kind: 'ClusterRole', name: 'edit' }, 'vera');
  expect((await send('POST', `${rbac}/namespaces/default/rolebindings`, bound)).status).toBe(201);
  await expect
    .poll(() => can('vera', 'get', 'widgets', { group: 'example.com' }))
    .toMatchObject({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "vera/default" of ClusterRole "edit" to User "vera"',
    });
  expect(await can('vera', 'get', 'roles', { group: 'rbac.authorization.k8s.io' })).toMatchObject({ allowed: false });
  expect(await can('vera', 'create', 'pods')).toMatchObject({ allowed: true });
  expect(await can('vera', 'create', 'pods', { namespace: 'kube-system' })).toMatchObject({ allowed: false });
  expect(await can('vera', 'create', 'pods', { namespace: '' })).toMatchObject({ allowed: false });
});

test('what a role lost is given back at the next start, unless it says otherwise', async () => {
  const stopped = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  const empty = async (name: string, autoupdate: string) => {
    const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': autoupdate };
    await stopped.client.patch(clusterRoles, name, '', { metadata: { annotations }, rules: [] }, { type: 'merge' });
  };
  await empty('system:discovery', 'true');
  await empty('system:basic-user', 'false');
  const { database, directory } = stopped;
  await stopped.server.stop();
  const again = await startTestCluster({ databaseUrl: inject('databaseUrl'), database, directory });
  expect((await again.client.get(clusterRoles, 'system:discovery', '')).rules).toHaveLength(1);
  expect((await again.client.get(clusterRoles, 'system:basic-user', '')).rules ?? []).toHaveLength(0);
  await again.stop();
});

test('names, subresources and wildcards of a rule hold as they are written', async () => {
  const rules = [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['one'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    { apiGroups: ['*'], resources: ['*/scale'], verbs: ['update'] },
  ];
  await send('POST', `${rbac}/namespaces/default/roles`, role('exact', rules));
  await send(
    'POST',
    `${rbac}/namespaces/default/rolebindings`,
    binding('RoleBinding', 'exact', { kind: 'Role', name: 'exact' }, 'eve'),
  );
  const expected: [boolean, string, string, object?][] = [
    [true, 'get', 'configmaps', { name: 'one' }],
    [false, 'get', 'configmaps', { name: 'two' }],
    [false, 'get', 'configmaps'],
    [false, 'list', 'configmaps', { name: 'one' }],
    [true, 'get', 'pods', { subresource: 'log' }],
    [false, 'get', 'pods'],
    [false, 'get', 'pods', { subresource: 'exec' }],
    [true, 'update', 'deployments', { group: 'apps', subresource: 'scale' }],
    [false, 'update', 'deployments', { group: 'apps' }],
  ];
  for (const [allowed, verb, resource, more] of expected)
    expect(await can('eve', verb, resource, more), `${verb} ${resource}`).toMatchObject({ allowed });
});

test('nobody gives away what he does not have', async () => {
  const bound = binding('RoleBinding', 'mallory', { kind: 'ClusterRole', name: 'admin' }, 'mallory');
  await send('POST', `${rbac}/namespaces/default/rolebindings`, bound);
  const roles = `${rbac}/namespaces/default/roles`;
  const nodes = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'] }];
  const refused = await send('POST', roles, role('more', nodes), as('mallory', 'people'));
  expect([refused.status, refused.body.reason]).toEqual([403, 'Forbidden']);
  expect(refused.body.message).toBe(
    'roles.rbac.authorization.k8s.io "more" is forbidden: user "mallory" (groups=["people" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
      '{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}',
  );
  const own = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
  expect((await send('POST', roles, role('less', own), as('mallory'))).status).toBe(201);
  const patch = { 'content-type': 'application/merge-patch+json', ...as('mallory') };
  expect((await send('PATCH', `${roles}/less`, { rules: nodes }, patch)).status).toBe(403);
  expect((await send('PATCH', `${roles}/less`, { metadata: { labels: { a: 'b' } } }, patch)).status).toBe(200);
  const bindings = `${rbac}/namespaces/default/rolebindings`;
  const all = binding('RoleBinding', 'all', { kind: 'ClusterRole', name: 'cluster-admin' }, 'mallory');
  expect((await send('POST', bindings, all, as('mallory'))).status).toBe(403);
  expect((await send('POST', `${bindings}?dryRun=All`, all, as('mallory'))).status).toBe(403);
  const absent = binding('RoleBinding', 'absent', { kind: 'ClusterRole', name: 'none' }, 'mallory');
  expect((await send('POST', bindings, absent, as('mallory'))).status).toBe(404);
  const edit = binding('RoleBinding', 'friend', { kind: 'ClusterRole', name: 'edit' }, 'friend');
  expect((await send('POST', bindings, edit, as('mallory'))).status).toBe(201);
});

test('escalate and bind lift the limits, for what they name', async () => {
  await cluster.client.create(clusterRoles, {
    metadata: { name: 'giver' },
    rules: [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['create', 'escalate'] },
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs: ['create'] },
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['clusterroles'],
        resourceNames: ['view'],
        verbs: ['bind'],
      },
    ],
  });
  await send(
    'POST',
    `${rbac}/clusterrolebindings`,
    binding('ClusterRoleBinding', 'giver', { kind: 'ClusterRole', name: 'giver' }, 'giver'),
  );
  const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
  const roles = `${rbac}/namespaces/default/roles`;
  const bindings = `${rbac}/namespaces/default/rolebindings`;
  expect((await send('POST', roles, role('any', rules), as('giver'))).status).toBe(201);
  const view = binding('RoleBinding', 'view', { kind: 'ClusterRole', name: 'view' }, 'friend');
  expect((await send('POST', bindings, view, as('giver'))).status).toBe(201);
  const admin = binding('RoleBinding', 'admin', { kind: 'ClusterRole', name: 'admin' }, 'friend');
  expect((await send('POST', bindings, admin, as('giver'))).status).toBe(403);
});

test('who may read one object by its name may list and watch it by that name, and no other', async () => {
  const rules = [
    {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['one'],
      verbs: ['list', 'watch', 'deletecollection'],
    },
  ];
  await send('POST', `${rbac}/namespaces/default/roles`, role('single', rules));
  const bound = binding('RoleBinding', 'single', { kind: 'Role', name: 'single' }, 'sue');
  await send('POST', `${rbac}/namespaces/default/rolebindings`, bound);
  const path = '/api/v1/namespaces/default/configmaps';
  const asked = async (method: string, query: string) => {
    const answer = await cluster.client.request(method, `${path}?${query}`, { headers: as('sue') });
    await answer.text();
    return answer.status;
  };
  const one = 'fieldSelector=metadata.name%3Done';
  expect(await asked('GET', one)).toBe(200);
  expect(await asked('GET', `${one}&watch=true&timeoutSeconds=1`)).toBe(200);
  expect(await asked('DELETE', one)).toBe(200);
  const others = ['', 'fieldSelector=metadata.name%3Dtwo', 'fieldSelector=metadata.name%21%3Done', 'watch=true'];
  for (const query of others) expect(await asked('GET', query), query).toBe(403);
  expect((await send('GET', `${path}?fieldSelector=metadata.name%3Dtwo`, undefined, as('sue'))).body.message).toBe(
    'configmaps "two" is forbidden: User "sue" cannot list resource "configmaps" in API group "" in the namespace "default"',
  );
});

test('kubectl tells what a user may do', async () => {
  const kubectl = async (...args: string[]) =>
    (await promisify(execFile)('kubectl', ['--kubeconfig', cluster.kubeconfig, ...args])).stdout;
  expect(await kubectl('auth', 'can-i', '--list')).toMatch(/^\*\.\*\s+\[\]\s+\[\]\s+\[\*\]/m);
  const own = await kubectl('auth', 'can-i', '--list', '--as', 'nobody');
  expect(own).toMatch(/selfsubjectaccessreviews\.authorization\.k8s\.io\s+\[\]\s+\[\]\s+\[create\]/);
  expect(own).toMatch(/\[\/healthz\]\s+\[\]\s+\[get\]/);
  expect(own).not.toContain('*.*');
});
