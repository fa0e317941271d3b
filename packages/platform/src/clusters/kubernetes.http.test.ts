import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { KubeClient } from '@slipway/orchestrator/client';
import { configMaps, deployments, pods, secrets } from '@slipway/orchestrator/kinds';
import { startTestCluster, type TestCluster } from '@slipway/orchestrator/testing';
import { importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { NamespaceParts } from '../environments/namespace-parts.service.js';
import { CredentialCache } from '../identity/credential-cache.service.js';
import { noteAccessChange } from '../kernel/access/access.js';
import { permissionsOfRole, roles } from '../kernel/access/permissions.js';
import { Database, type Prisma } from '../kernel/database/index.js';
import { newId } from '../kernel/ids/ids.js';
import { startTestApi, type TestApi } from '../testing/test-api.js';
import { toRules } from './kube-permissions.rules.js';
import { KubernetesModule } from './kubernetes.module.js';
import { NamespaceRoles } from './namespace-roles.js';

let api: TestApi;
let cluster: TestCluster;
let client: KubeClient;
const tokens = new Map<string, string>();
const production = 'acme-shop-production';

/** A call through the door, as a role's member or as `root`, `stranger`, `single` (a viewer of the project shop alone). */
async function kube(who: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const token = who === 'root' ? api.admin : tokens.get(who);
  const answer = await fetch(`${api.url}/k8s/clusters/embedded${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  return { status: answer.status, body: (text.startsWith('{') ? JSON.parse(text) : { text }) as any };
}

const namesOf = (answer: { body: { items: { metadata: { name: string } }[] } }) =>
  answer.body.items.map((item) => item.metadata.name).sort();

async function canI(who: string, verb: string, resource: string, namespace?: string, group = '', subresource = '') {
  const resourceAttributes = { verb, resource, group, namespace, subresource };
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  const answer = await kube(who, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review);
  return answer.body.status?.allowed as boolean;
}

async function whoAmI(who: string, headers: Record<string, string>) {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  return (await kube(who, 'POST', path, review, headers)).body.status?.userInfo;
}

beforeAll(async () => {
  cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
  client = cluster.client;
  api = await startTestApi({
    databaseUrl: inject('databaseUrl'),
    redisUrl: inject('redisUrl'),
    modules: [KubernetesModule],
    env: { SLIPWAY_KUBECONFIG: cluster.kubeconfig },
  });
  for (const who of ['stranger', 'single', ...roles]) tokens.set(who, await api.createUser(`the-${who}`));
  for (const [tenant, project] of [
    ['acme', 'shop'],
    ['acme', 'blog'],
    ['beta', 'site'],
  ]) {
    await api.call(api.admin, 'POST', '/tenants', { name: tenant });
    await api.call(api.admin, 'POST', `/tenants/${tenant}/projects`, { name: project });
  }
  for (const role of roles)
    await api.call(api.admin, 'POST', '/tenants/acme/members', { username: `the-${role}`, role });
  await bind('the-single', 'acme', 'shop');
  await provision();
  const pod = { containers: [{ name: 'web', image: 'busybox' }] };
  for (const namespace of [production, 'acme-blog-production', 'beta-site-production']) {
    await client.create(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `of-${namespace}`, namespace },
    });
    await client.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'key', namespace },
      stringData: { key: 'value' },
    });
  }
  await client.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: production },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: pod },
    },
  });
  await client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: production },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'web',
          image: 'busybox',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  });
}, 120_000);

afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});

/** Makes a user a viewer of one project. */
async function bind(username: string, tenant: string, project: string): Promise<void> {
  const database = api.app.get(Database);
  const { id: userId } = await database.read.user.findUniqueOrThrow({ where: { username } });
  const { id, tenantId } = await database.read.project.findFirstOrThrow({
    where: { name: project, tenant: { name: tenant } },
  });
  await database.transaction(async (tx) => {
    const binding = { tenantId, projectId: id, userId, role: 'viewer', createdBy: 'test' };
    await tx.roleBinding.create({ data: { id: newId(), ...binding } });
    await noteAccessChange(tx, { userId });
  });
}

/** What the worker does when an environment is made. */
async function provision(): Promise<void> {
  const database = api.app.get(Database);
  const rows = await database.read.environment.findMany({
    include: { project: { select: { name: true, tenant: { select: { name: true } } } } },
  });
  for (const { id, name, project, kind, namespace, tenantId, projectId, cluster: of } of rows) {
    const place = { environmentId: id, environment: name, project: project.name, tenant: project.tenant.name, kind };
    await api.app.get(NamespaceParts).ensure(client, { ...place, namespace, tenantId, projectId, cluster: of });
    await database.read.environment.update({ where: { id }, data: { state: 'ready' } });
  }
}

describe('a member of a role', () => {
  const calls = [
    ['GET', `/api/v1/namespaces/${production}`, 'get', '', 'namespaces', ''],
    ['GET', `/api/v1/namespaces/${production}/configmaps`, 'list', '', 'configmaps', ''],
    ['GET', `/api/v1/namespaces/${production}/secrets/key`, 'get', '', 'secrets', ''],
    ['GET', `/api/v1/namespaces/${production}/pods/web/log`, 'get', '', 'pods', 'log'],
    ['POST', `/api/v1/namespaces/${production}/configmaps?dryRun=All`, 'create', '', 'configmaps', ''],
    ['POST', `/api/v1/namespaces/${production}/secrets?dryRun=All`, 'create', '', 'secrets', ''],
    ['DELETE', `/api/v1/namespaces/${production}/pods/web?dryRun=All`, 'delete', '', 'pods', ''],
    ['PATCH', `/apis/apps/v1/namespaces/${production}/deployments/web/scale`, 'patch', 'apps', 'deployments', 'scale'],
    ['DELETE', `/api/v1/namespaces/${production}`, 'delete', '', 'namespaces', ''],
    ['POST', `/api/v1/namespaces/${production}/resourcequotas?dryRun=All`, 'create', '', 'resourcequotas', ''],
    [
      'POST',
      `/api/v1/namespaces/${production}/serviceaccounts/default/token`,
      'create',
      '',
      'serviceaccounts',
      'token',
    ],
  ] as const;

  it.each(roles)('%s is let do exactly what the role holds, and kubectl auth can-i says so', async (role) => {
    const rules = toRules(permissionsOfRole[role]);
    for (const [method, path, verb, group, resource, subresource] of calls) {
      const full = subresource ? `${resource}/${subresource}` : resource;
      const isHeld = rules.some(
        (rule) => rule.apiGroups.includes(group) && rule.resources.includes(full) && rule.verbs.includes(verb),
      );
      const why = `${role}: ${method} ${path}`;
      expect(await canI(role, verb, resource, production, group, subresource), why).toBe(isHeld);
      const kind = resource === 'secrets' ? 'Secret' : resource === 'configmaps' ? 'ConfigMap' : 'ResourceQuota';
      const body = method === 'POST' ? { apiVersion: 'v1', kind, metadata: { generateName: 'x-' } } : undefined;
      const isPatch = method === 'PATCH';
      const answer = await kube(
        role,
        method,
        path,
        isPatch ? { spec: { replicas: 1 } } : body,
        isPatch ? { 'content-type': 'application/merge-patch+json' } : {},
      );
      // A log of a pod that never ran is refused for another reason.
      if (isHeld) expect([200, 201, 202, 400], `${why}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
      else expect(answer.status, why).toBe(403);
    }
  });

  it('reads the rules of a namespace', async () => {
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: production },
    };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
    const viewer = await kube('viewer', 'POST', path, body);
    expect(JSON.stringify(viewer.body.status.resourceRules)).toContain('configmaps');
    const stranger = await kube('stranger', 'POST', path, body);
    expect(JSON.stringify(stranger.body.status.resourceRules)).not.toContain('configmaps');
  });
});

describe('lists over all namespaces', () => {
  it('of namespaces have the caller’s and no others', async () => {
    const list = async (who: string) => namesOf(await kube(who, 'GET', '/api/v1/namespaces'));
    expect(await list('viewer')).toEqual(['acme-blog-production', production]);
    expect(await list('single')).toEqual([production]);
    expect(await list('stranger')).toEqual([]);
    expect(await list('root')).toContain('kube-system');
    const selected = await kube('viewer', 'GET', '/api/v1/namespaces?labelSelector=slipway.dev%2Ftenant%3Dbeta');
    expect(namesOf(selected)).toEqual([]);
  });

  it('of other things gather the caller’s namespaces', async () => {
    const list = await kube('viewer', 'GET', '/api/v1/configmaps?limit=1');
    const own = namesOf(list).filter((name) => name.startsWith('of-'));
    expect(own).toEqual(['of-acme-blog-production', `of-${production}`]);
    expect(namesOf(await kube('stranger', 'GET', '/api/v1/configmaps'))).toEqual([]);
    const table = await kube('single', 'GET', '/api/v1/pods', undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(table.body).toMatchObject({ kind: 'Table', rows: [{ cells: expect.arrayContaining(['web']) }] });
  });

  it('leave out what the caller may not read, and do not watch', async () => {
    expect(namesOf(await kube('viewer', 'GET', '/api/v1/secrets'))).toEqual([]);
    const refused = await kube('viewer', 'GET', '/api/v1/pods?watch=1');
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain('-n');
    expect((await kube('viewer', 'GET', '/api/v1/nodes')).status).toBe(403);
  });
});

describe('a stranger', () => {
  it('finds another tenant’s namespace no more than one that is not', async () => {
    const answer = await kube('stranger', 'GET', `/api/v1/namespaces/${production}/pods`);
    expect(answer.status).toBe(404);
    const nowhere = await kube('stranger', 'GET', '/api/v1/namespaces/nowhere/pods');
    expect(answer.body.message.replace(production, 'nowhere')).toBe(nowhere.body.message);
    expect((await kube('single', 'GET', '/api/v1/namespaces/acme-blog-production/pods')).status).toBe(404);
    expect((await kube('viewer', 'GET', '/api/v1/namespaces/kube-system/pods')).status).toBe(404);
  });

  it('gains nothing by saying to be somebody else', async () => {
    const path = `/api/v1/namespaces/${production}/secrets`;
    for (const who of ['viewer', 'stranger', 'owner']) {
      const refused = await kube(who, 'GET', path, undefined, { 'impersonate-user': 'the-developer' });
      expect(refused.status, who).toBe(403);
      expect(refused.body.message).toContain('cannot impersonate');
    }
    const unknown = await kube('viewer', 'GET', path, undefined, { 'impersonate-user': 'nobody' });
    const known = await kube('viewer', 'GET', path, undefined, { 'impersonate-user': 'the-admin' });
    expect(unknown.body.message.replace('nobody', 'the-admin')).toBe(known.body.message);
    const groups = { 'impersonate-user': 'admin', 'impersonate-group': 'system:masters' };
    expect((await kube('viewer', 'GET', path, undefined, groups)).status).toBe(400);
    const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };
    expect((await kube('viewer', 'GET', path, undefined, headers)).status).toBe(403);
    expect(await whoAmI('viewer', headers)).toEqual({ username: 'the-viewer', groups: ['system:authenticated'] });
  });

  it('gains nothing by tricks with the path', async () => {
    for (const path of [
      `/api/v1/namespaces/acme-blog-production/..%2f${production}/pods`,
      '/api/v1/namespaces/acme-blog-production/%2e%2e/beta-site-production/configmaps',
      '/api/v1//namespaces//beta-site-production//configmaps',
      '/api/v1/watch/namespaces/beta-site-production/configmaps',
      '/API/v1/namespaces/beta-site-production/configmaps',
      '/./api/v1/namespaces/beta-site-production/configmaps',
    ]) {
      expect([400, 403, 404], path).toContain(await rawStatus(path));
    }
  });
});

describe('kubectl --as', () => {
  const as = (role: string) => ({ 'impersonate-user': `the-${role}` });
  const configs = `/api/v1/namespaces/${production}/configmaps`;
  const newest = async (action: string, outcome: string) =>
    api.app.get(Database).read.auditEvent.findFirst({ where: { action, outcome }, orderBy: { at: 'desc' } });

  it('is the user, for an administrator: his namespaces and what he may do there', async () => {
    expect(await whoAmI('root', as('single'))).toMatchObject({ username: 'the-single' });
    expect(namesOf(await kube('root', 'GET', '/api/v1/namespaces', undefined, as('single')))).toEqual([production]);
    expect((await kube('root', 'GET', '/api/v1/nodes', undefined, as('owner'))).status).toBe(403);
    const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'by-another' } };
    expect((await kube('root', 'POST', configs, made, as('viewer'))).status).toBe(403);
    expect((await kube('root', 'POST', configs, made, as('developer'))).status).toBe(201);
    const names = { actor: 'the-developer', impersonator: 'admin', namespace: production };
    expect(await newest('kubernetes.post', 'success')).toMatchObject(names);
    expect(await newest('user.impersonate', 'success')).toMatchObject({ impersonator: 'admin', cluster: 'embedded' });
  });

  it('is told to the user once a day, who makes no token to be told of', async () => {
    await kube('root', 'GET', configs, undefined, as('developer'));
    await kube('root', 'GET', configs, undefined, as('developer'));
    const where = { type: 'impersonated', user: { username: 'the-developer' } };
    const told = await api.app.get(Database).read.notification.findMany({ where });
    expect(told.map(({ data }) => data)).toMatchObject([
      { requester: 'admin', title: 'embedded', reason: 'kubectl --as the-developer' },
    ]);
  });

  it('shows no Secret and opens no session, whatever the user may', async () => {
    const secret = `/api/v1/namespaces/${production}/secrets/key`;
    expect((await kube('owner', 'GET', secret)).status).toBe(200);
    expect((await kube('root', 'GET', secret, undefined, as('owner'))).status).toBe(403);
    const exec = `/api/v1/namespaces/${production}/pods/web/exec?command=id`;
    expect((await kube('root', 'POST', exec, undefined, as('owner'))).status).toBe(403);
  });

  it('is refused of an administrator, and leaves a row', async () => {
    expect((await kube('root', 'GET', configs, undefined, { 'impersonate-user': 'admin' })).status).toBe(403);
    const resource = 'users/admin/impersonation';
    expect(await newest('user.impersonate', 'denied')).toMatchObject({ actor: 'admin', resource });
    for (const more of ['impersonate-group', 'impersonate-uid', 'impersonate-extra-scopes']) {
      const refused = await kube('root', 'GET', configs, undefined, { ...as('viewer'), [more]: 'x' });
      expect(refused.status, more).toBe(400);
    }
  });

  it('goes on while it may, and ends with the other one’s role', async () => {
    await bind('the-stranger', 'acme', 'shop');
    const open = await fetch(`${api.url}/k8s/clusters/embedded${configs}?watch=1`, {
      headers: { authorization: `Bearer ${api.admin}`, ...as('stranger') },
    });
    expect(open.status).toBe(200);
    const end = open.text().then(
      () => 'ended',
      () => 'ended',
    );
    const pause = new Promise((resolve) => setTimeout(() => resolve('open'), 4_000));
    expect(await Promise.race([end, pause])).toBe('open');
    await api.call(api.admin, 'DELETE', '/tenants/acme/projects/shop/members/the-stranger');
    expect(await end).toBe('ended');
  }, 20_000);
});

describe('the kubeconfig of a tenant', () => {
  it('has a context for each environment that the caller may see', async () => {
    const contextsOf = async (who: string) =>
      (await api.call(tokens.get(who), 'GET', '/tenants/acme/kubeconfig')).body.contexts?.map(
        (entry: { name: string }) => entry.name,
      );
    expect(await contextsOf('viewer')).toEqual(['acme/blog/production', 'acme/shop/production']);
    expect(await contextsOf('single')).toEqual(['acme/shop/production']);
    expect(await contextsOf('stranger')).toBeUndefined();
  });
});

/** Opens a watch that nobody but the platform will end. */
const watch = (who: string, path: string) =>
  fetch(`${api.url}/k8s/clusters/embedded${path}${path.includes('?') ? '&' : '?'}watch=1`, {
    headers: { authorization: `Bearer ${tokens.get(who)}` },
  });
/** An access token of a session, as a browser's sign-in gives it. */
async function signIn(username: string): Promise<string> {
  const { subject } = await api.app.get(Database).read.user.findUniqueOrThrow({ where: { username } });
  const key = JSON.parse(readFileSync(api.config.issuerKeyFile ?? '', 'utf8'));
  const claims = { sid: newId(), typ: 'Bearer', azp: 'slipway-portal', preferred_username: username };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: key.kid })
    .setIssuer(api.config.issuerUrl)
    .setSubject(subject)
    .setAudience('slipway-api')
    .setIssuedAt()
    .setExpirationTime('5 minutes')
    .sign(await importJWK(key, 'RS256'));
}

const rulesOf = async (who: string, namespace: string) => {
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const answer = await kube(who, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', body);
  return JSON.stringify(answer.body.status?.resourceRules ?? []);
};

describe('a robot of a project', () => {
  const robots = '/tenants/acme/projects/shop/robots';
  const configs = `/api/v1/namespaces/${production}/configmaps`;

  beforeAll(async () => {
    const body = { name: 'deployer', scopes: ['environments:read', 'config:read', 'pods:read'] };
    const made = await api.call(api.admin, 'POST', robots, body);
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    tokens.set('robot', made.body.token);
  });

  it('sees its project’s namespaces, and does there what its scopes hold and no more', async () => {
    expect(namesOf(await kube('robot', 'GET', '/api/v1/namespaces'))).toEqual([production]);
    expect((await kube('robot', 'GET', '/api/v1/namespaces/acme-blog-production/pods')).status).toBe(404);
    expect((await kube('robot', 'GET', `/api/v1/namespaces/${production}/pods`)).status).toBe(200);
    expect((await kube('robot', 'GET', `/api/v1/namespaces/${production}/secrets`)).status).toBe(403);
    expect((await kube('robot', 'DELETE', `/api/v1/namespaces/${production}/pods/web?dryRun=All`)).status).toBe(403);
    expect(await canI('robot', 'list', 'pods', production)).toBe(true);
    expect(await canI('robot', 'delete', 'pods', production)).toBe(false);
    expect(await canI('robot', 'list', 'pods', 'acme-blog-production')).toBe(false);
  });

  it('is told by `auth can-i --list` what it holds where it is, and nothing elsewhere', async () => {
    const rules = await rulesOf('robot', production);
    expect(rules).toContain('pods');
    expect(rules).not.toContain('secrets');
    expect(await rulesOf('robot', 'acme-blog-production')).not.toContain('pods');
  });

  it('is shut out at once when it is deleted, and its watches end', async () => {
    const open = await watch('robot', configs);
    expect(open.status).toBe(200);
    expect((await api.call(api.admin, 'DELETE', `${robots}/deployer`)).status).toBe(204);
    expect((await kube('robot', 'GET', configs)).status).toBe(401);
    await open.text().catch(() => undefined);
  }, 15_000);
});

describe('a member of one project alone', () => {
  it('is told what the role holds there, and nothing of the tenant’s other projects', async () => {
    expect(await rulesOf('single', production)).toContain('configmaps');
    expect(await rulesOf('single', production)).not.toContain('secrets');
    expect(await rulesOf('single', 'acme-blog-production')).not.toContain('configmaps');
    expect(await canI('single', 'list', 'configmaps', production)).toBe(true);
    expect(await canI('single', 'list', 'configmaps', 'acme-blog-production')).toBe(false);
  });

  it('loses all of it with the role: lists, and watches of objects and of namespaces', async () => {
    const configs = `/api/v1/namespaces/${production}/configmaps`;
    const open = [await watch('single', configs), await watch('single', '/api/v1/namespaces')];
    expect(open.map(({ status }) => status)).toEqual([200, 200]);
    const member = '/tenants/acme/projects/shop/members/the-single';
    expect((await api.call(api.admin, 'DELETE', member)).status).toBe(204);
    expect((await kube('single', 'GET', configs)).status).toBe(404);
    expect(namesOf(await kube('single', 'GET', '/api/v1/namespaces'))).toEqual([]);
    for (const one of open) await one.text().catch(() => undefined);
    await bind('the-single', 'acme', 'shop');
    expect((await kube('single', 'GET', configs)).status).toBe(200);
  }, 20_000);
});

describe('what a user came in by', () => {
  const configs = `/api/v1/namespaces/${production}/configmaps`;
  const follow = (token: string, path = configs) =>
    fetch(`${api.url}/k8s/clusters/embedded${path}?watch=1`, { headers: { authorization: `Bearer ${token}` } });
  /** Ends by itself, with or without an error. */
  const end = (answer: Response) => answer.text().catch(() => undefined);
  const isOpen = (answer: Response) => Promise.race([end(answer).then(() => false), pause(4_000).then(() => true)]);
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  it.each([
    ['is deleted', (token: string, id: string) => api.call(token, 'DELETE', `/me/tokens/${id}`)],
    [
      'has run out',
      async (_token: string, id: string) => {
        const where = { OR: [{ id }, { madeBy: id }] };
        await runOut(where);
      },
    ],
  ])(
    'ends what is open when a personal token %s, and what its token for kubectl opened',
    async (_why, take) => {
      const dev = tokens.get('developer') ?? '';
      const made = await api.call(dev, 'POST', '/me/tokens', { name: `watch-${newId()}` });
      const kubeToken = await api.call(made.body.token, 'POST', '/me/kube-tokens', { tenant: 'acme' });
      const open = [await follow(made.body.token), await follow(kubeToken.body.token)];
      const other = await follow(dev);
      expect([...open, other].map(({ status }) => status)).toEqual([200, 200, 200]);
      await take(dev, made.body.id);
      await Promise.all(open.map(end));
      expect(await isOpen(other)).toBe(true);
    },
    30_000,
  );

  it('goes on when the hour of a token for kubectl is over, and ends when the session that made it does', async () => {
    await api.createUser('passenger');
    await api.call(api.admin, 'POST', '/tenants/acme/members', { username: 'passenger', role: 'viewer' });
    const session = await signIn('passenger');
    const { body } = await api.call(session, 'POST', '/me/kube-tokens', {});
    const open = [await follow(body.token), await follow(session)];
    const stays = await follow(body.token);
    await runOut({ user: { username: 'passenger' }, kind: 'kube' });
    expect((await kubeWith(body.token)).status).toBe(401);
    expect(await isOpen(stays)).toBe(true);
    expect((await api.call(api.admin, 'DELETE', '/users/passenger/sessions')).status).toBeLessThan(300);
    await Promise.all(open.map(end));
    expect((await kubeWith(session)).status).toBe(401);
  }, 30_000);

  it('ends when the user is disabled', async () => {
    const session = await api.createUser('dismissed');
    await api.call(api.admin, 'POST', '/tenants/acme/members', { username: 'dismissed', role: 'viewer' });
    const made = await api.call(session, 'POST', '/me/tokens', { name: 'watch' });
    const open = [await follow(session), await follow(made.body.token), await follow(session, '/api/v1/namespaces')];
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await api.call(api.admin, 'PATCH', '/users/dismissed', { isDisabled: true })).status).toBe(200);
    await Promise.all(open.map(end));
  }, 30_000);

  const runOut = (where: Prisma.PersonalTokenWhereInput) =>
    api.app
      .get(CredentialCache, { strict: false })
      .change((tx) => tx.personalToken.updateMany({ where, data: { expiresAt: new Date() } }));
  const kubeWith = (token: string) =>
    fetch(`${api.url}/k8s/clusters/embedded${configs}`, { headers: { authorization: `Bearer ${token}` } });
});

describe('a role that is taken away', () => {
  it('counts at once, and ends what is open', async () => {
    const path = `/api/v1/namespaces/${production}/configmaps`;
    const watch = await fetch(`${api.url}/k8s/clusters/embedded${path}?watch=1`, {
      headers: { authorization: `Bearer ${tokens.get('operator')}` },
    });
    expect(watch.status).toBe(200);
    const removed = await api.call(api.admin, 'DELETE', '/tenants/acme/members/the-operator');
    expect(removed.status).toBe(204);
    expect((await kube('operator', 'GET', path)).status).toBe(404);
    // Ends by itself, with or without an error.
    await watch.text().catch(() => undefined);
  }, 15_000);
});

describe('the audit log', () => {
  it('has changes, read Secrets and refused sessions, with pod, container and command', async () => {
    await kube('root', 'GET', `/api/v1/namespaces/${production}/secrets/key`);
    await kube('viewer', 'POST', `/api/v1/namespaces/${production}/pods/web/exec?container=web&command=id&command=-u`);
    await kube('viewer', 'POST', `/api/v1/namespaces/${production}/pods/web/portforward?ports=80`);
    const { body } = await api.call(api.admin, 'GET', '/tenants/acme/audit-events?limit=200');
    const find = (action: string) => body.items.find((item: { action: string }) => item.action === action);
    expect(find('secret.read')).toMatchObject({ after: { name: 'key' } });
    expect(find('pod.exec')).toMatchObject({
      actor: 'the-viewer',
      after: { pod: 'web', container: 'web', command: 'id -u' },
      source: expect.stringMatching(/127\.0\.0\.1|::1/),
      outcome: 'denied',
    });
    expect(find('pod.portforward')).toMatchObject({
      actor: 'the-viewer',
      after: { pod: 'web' },
      namespace: production,
    });
  });
});

describe('the roles of a namespace', () => {
  it('are written once: a second run changes nothing', async () => {
    const list = async () =>
      (await client.request('GET', `/apis/rbac.authorization.k8s.io/v1/namespaces/${production}/rolebindings`)).text();
    const before = await list();
    await provision();
    expect(await list()).toBe(before);
    expect(api.app.get(NamespaceRoles, { strict: false })).toBeDefined();
  });
});

/** `fetch` would make the path plain. */
function rawStatus(path: string): Promise<number> {
  const { hostname, port } = new URL(api.url);
  const headers = { authorization: `Bearer ${tokens.get('viewer')}` };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path: `/k8s/clusters/embedded${path}`, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    request.on('error', reject).end();
  });
}
