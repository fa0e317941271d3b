import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deployments, httpRoutes, pods, secrets } from '@slipway/orchestrator/kinds';
import { beforeEach, describe, expect, it } from 'vitest';
import { application, eventually, image, namespace, openShop, production } from './testing/open-shop.js';

const run = promisify(execFile);
const shop = openShop();
const { as, release, ended } = shop;

beforeEach(() => shop.platform.behave(() => 'run'));

async function rollOut(number: number): Promise<Record<string, unknown>> {
  const { status, body } = await as('dora', 'POST', `${application}/rollouts`, {
    environment: 'production',
    release: number,
  });
  expect(status).toBe(202);
  return ended(String(body['id']));
}

describe('a rollout', () => {
  it('brings a release into the cluster and says so', async () => {
    const number = await release('a');
    expect(await rollOut(number)).toMatchObject({ state: 'healthy', release: number, error: null });
    const deployment = await shop.platform.client.get(deployments, 'hello-web', namespace);
    expect(deployment.spec.template.spec?.containers[0]?.image).toBe(image('a'));
    expect((await shop.platform.client.get(httpRoutes, 'hello', namespace)).spec.hostnames).toEqual([
      'hello-shop-acme.slipway.localhost',
    ]);
    const { body } = await as('dora', 'GET', `${production}/status`);
    expect(body).toMatchObject({
      state: 'healthy',
      release: number,
      processes: [{ name: 'web', desired: 1, ready: 1 }],
    });
  });

  it('that crashes fails with the cause, and the release before comes back by itself', async () => {
    const good = (await as('dora', 'GET', `${production}/status`)).body['release'];
    shop.platform.behave((pod) => (pod.spec?.containers[0]?.image === image('b') ? 'crash' : 'run'));
    const failed = await rollOut(await release('b'));
    expect(failed).toMatchObject({
      state: 'failed',
      error: 'web: the process keeps exiting with code 7 (3 restarts): see its log.',
    });
    const { items } = await shop.platform.client.list(pods, { namespace });
    expect(items.some((pod) => pod.spec?.containers[0]?.image === image('a') && pod.status?.phase === 'Running')).toBe(
      true,
    );
    expect(
      (await shop.platform.client.get(deployments, 'hello-web', namespace)).spec.template.spec?.containers[0]?.image,
    ).toBe(image('a'));
    expect((await as('dora', 'GET', `${production}/status`)).body).toMatchObject({ state: 'degraded', release: good });
    const { body } = await as('dora', 'GET', `${application}/rollouts/${failed['id']}`);
    expect(body['steps']).toContainEqual(expect.objectContaining({ name: 'restore', state: 'succeeded' }));
    expect((await as('dora', 'POST', `${application}/rollouts/${failed['id']}/abort`)).status).toBe(202);
    expect(await ended(String(failed['id']))).toMatchObject({ state: 'failed' });
  });

  it('whose image cannot be pulled stays as it is where going back was switched off, until it is aborted', async () => {
    shop.platform.behave((pod) => (pod.spec?.containers[0]?.image === image('b') ? 'no-image' : 'run'));
    const strategy = { type: 'rolling', rollbackOnFailure: false };
    const body = { environment: 'production', release: await release('b'), strategy };
    const started = await as('dora', 'POST', `${application}/rollouts`, body);
    const failed = await ended(String(started.body['id']));
    expect(failed).toMatchObject({ state: 'failed', error: 'web: the image cannot be pulled: no-image', strategy });
    const shown = async () => (await shop.platform.client.get(deployments, 'hello-web', namespace)).spec.template.spec;
    expect((await shown())?.containers[0]?.image).toBe(image('b'));
    await as('dora', 'POST', `${application}/rollouts/${failed['id']}/abort`);
    await eventually(async () => {
      expect((await as('dora', 'GET', `${application}/rollouts/${failed['id']}`)).body['state']).toBe('aborted');
      expect((await shown())?.containers[0]?.image).toBe(image('a'));
    });
  });

  it('that was aborted puts the release before back', async () => {
    shop.platform.behave((pod) => (pod.spec?.containers[0]?.image === image('c') ? 'hang' : 'run'));
    const number = await release('c');
    const { body } = await as('dora', 'POST', `${application}/rollouts`, {
      environment: 'production',
      release: number,
    });
    await eventually(async () => {
      expect((await as('dora', 'GET', `${application}/rollouts/${body['id']}`)).body['state']).toBe('progressing');
    });
    expect((await as('dora', 'POST', `${application}/rollouts/${body['id']}/abort`)).status).toBe(202);
    expect(await ended(String(body['id']))).toMatchObject({ state: 'aborted' });
    const deployment = await shop.platform.client.get(deployments, 'hello-web', namespace);
    expect(deployment.spec.template.spec?.containers[0]?.image).toBe(image('a'));
  });

  it('gives way to a later one', async () => {
    shop.platform.behave((pod) => (pod.spec?.containers[0]?.image === image('d') ? 'hang' : 'run'));
    const stuck = await as('dora', 'POST', `${application}/rollouts`, {
      environment: 'production',
      release: await release('d'),
    });
    expect(await rollOut(await release('e'))).toMatchObject({ state: 'healthy' });
    expect(await ended(String(stuck.body['id']))).toMatchObject({ state: 'aborted' });
  });

  it('can be undone by a rollback to the release that stood before', async () => {
    const { status, body } = await as('dora', 'POST', `${application}/rollback`, { environment: 'production' });
    expect(status).toBe(202);
    expect(await ended(String(body['id']))).toMatchObject({ state: 'healthy', release: 1 });
  });
});

describe('config', () => {
  it('makes a release, reaches the cluster, and never answers a secret', async () => {
    const { status, body } = await as('dora', 'PATCH', `${production}/config`, {
      variables: { A: '1' },
      secrets: { S: 'topsecret' },
    });
    expect(status).toBe(200);
    await ended(String(body['rollout']));
    const secret = await shop.platform.client.get(secrets, `hello-${body['release']}`, namespace);
    expect(Buffer.from(secret.data?.['S'] ?? '', 'base64').toString()).toBe('topsecret');
    for (const path of [
      `${production}/config`,
      `${application}/releases/${body['release']}`,
      '/tenants/acme/audit-events',
    ]) {
      const answer = await as('admin', 'GET', path);
      expect(answer.status).toBe(200);
      expect(JSON.stringify(answer.body)).not.toContain('topsecret');
    }
  });

  it('is inherited from the tenant, and a rollback brings back what the release held', async () => {
    const write = (variables: object, secrets: object) =>
      as('dora', 'PATCH', '/tenants/acme/config', { variables, secrets });
    const held = async (release: unknown) => {
      const { data = {} } = await shop.platform.client.get(secrets, `hello-${release}`, namespace);
      return Buffer.from(data['SHARED'] ?? '', 'base64').toString();
    };
    await write({ LEVEL: 'info' }, { SHARED: 'of all' });
    const first = (await as('dora', 'PATCH', `${production}/config`, {})).body;
    await ended(String(first['rollout']));
    expect(await held(first['release'])).toBe('of all');
    await write({ LEVEL: null }, { SHARED: null });
    const second = (await as('dora', 'PATCH', `${production}/config`, {})).body;
    await ended(String(second['rollout']));
    await shop.platform.client.delete(secrets, `hello-${first['release']}`, namespace).catch(() => undefined);
    expect(await rollOut(Number(first['release']))).toMatchObject({ state: 'healthy' });
    expect(await held(first['release'])).toBe('of all');
    expect(await rollOut(Number(second['release']))).toMatchObject({ state: 'healthy' });
  });

  it('refuses a name that is both a variable and a secret, and changes nothing', async () => {
    const before = (await as('dora', 'GET', `${production}/config`)).body;
    expect((await as('dora', 'PATCH', `${production}/config`, { secrets: { A: 'x' } })).body).toMatchObject({
      code: 'config-name-twice',
    });
    expect((await as('dora', 'GET', `${production}/config`)).body).toEqual(before);
  });

  it('is imported from the text of a .env file, which is told before it is done', async () => {
    const before = (await as('dora', 'GET', `${production}/config`)).body;
    const body = { text: '# theirs\nA=1\nNEW="x y"\nKEY=hidden\n1BAD=2\n', secrets: ['KEY'] };
    const names = [
      { name: '1BAD', kind: 'variable', change: 'refused', reason: 'No name of an environment variable.' },
      { name: 'A', kind: 'variable', change: 'unchanged', reason: null },
      { name: 'KEY', kind: 'secret', change: 'added', reason: null },
      { name: 'NEW', kind: 'variable', change: 'added', reason: null },
    ];
    const told = await as('dora', 'POST', `${production}/config/import?dryRun=true`, body);
    expect(told).toMatchObject({ status: 200, body: { names } });
    expect((await as('dora', 'GET', `${production}/config`)).body).toEqual(before);
    const done = await as('dora', 'POST', `${production}/config/import?apply=false`, body);
    expect(done.body).toMatchObject({ names, config: { variables: { A: '1', NEW: 'x y' }, secrets: { KEY: {} } } });
    expect(JSON.stringify(done.body)).not.toContain('hidden');
    expect((await as('vera', 'POST', `${production}/config/import`, body)).status).toBe(403);
    expect((await as('mallory', 'POST', `${production}/config/import`, body)).status).toBe(404);
    await as('dora', 'PATCH', `${production}/config?apply=false`, { variables: { NEW: null }, secrets: { KEY: null } });
  });

  it('reveals a secret only where that was asked for, to who may, and says who did', async () => {
    const secrets = { SHOWN: { value: 'to people', revealable: true }, HIDDEN: 'from people' };
    await as('dora', 'PATCH', `${production}/config?apply=false`, { secrets });
    const reveal = (who: string, name: string) => as(who, 'POST', `${production}/config/secrets/${name}/reveal`);
    expect((await reveal('admin', 'SHOWN')).body).toMatchObject({ name: 'SHOWN', value: 'to people' });
    expect((await reveal('admin', 'HIDDEN')).body).toMatchObject({ code: 'secret-not-revealable' });
    expect((await reveal('admin', '__proto__')).body).toMatchObject({ code: 'secret-not-found' });
    expect((await reveal('vera', 'SHOWN')).status).toBe(403);
    await as('admin', 'POST', '/approval-policies', { name: 'reveal', kind: 'secret-reveal' });
    expect((await reveal('admin', 'SHOWN')).body).toMatchObject({ code: 'request-needed' });
    await as('admin', 'DELETE', '/approval-policies/reveal');
    expect((await reveal('mallory', 'SHOWN')).status).toBe(404);
    const { body } = await as('admin', 'GET', '/tenants/acme/audit-events?action=secret.reveal');
    expect(body['items']).toMatchObject([
      { actor: 'admin', outcome: 'denied' },
      { actor: 'admin', outcome: 'denied' },
      { actor: 'admin', outcome: 'success', after: { version: expect.any(Number) } },
    ]);
    expect(JSON.stringify(body)).not.toContain('to people');
    await as('dora', 'PATCH', `${production}/config?apply=false`, { secrets: { SHOWN: null, HIDDEN: null } });
  });
});

it('scaling starts no process anew', async () => {
  const before = (await shop.platform.client.list(pods, { namespace })).items.filter(
    (pod) => !pod.metadata.deletionTimestamp,
  );
  const { body } = await as('dora', 'PATCH', `${production}/scaling`, { processes: { web: { replicas: 3 } } });
  await ended(String(body['rollout']));
  const after = (await shop.platform.client.list(pods, { namespace })).items.map((pod) => pod.metadata.uid);
  expect(after).toHaveLength(3);
  expect(before.some((pod) => after.includes(pod.metadata.uid))).toBe(true);
  expect(
    (await as('dora', 'PATCH', `${production}/scaling`, { processes: { nope: { replicas: 1 } } })).body,
  ).toMatchObject({ code: 'process-unknown' });
});

it('a host name belongs to one application', async () => {
  expect((await as('dora', 'POST', `${production}/domains`, { hostname: 'shop.example.com' })).status).toBe(201);
  await as('dora', 'POST', '/tenants/acme/projects/shop/applications', { name: 'other', source: { type: 'push' } });
  const other = '/tenants/acme/projects/shop/applications/other/environments/production/domains';
  expect(await as('dora', 'POST', other, { hostname: 'shop.example.com' })).toMatchObject({
    status: 409,
    body: { code: 'hostname-taken' },
  });
  await eventually(async () => {
    expect((await shop.platform.client.get(httpRoutes, 'hello', namespace)).spec.hostnames).toContain(
      'shop.example.com',
    );
  });
  expect((await as('dora', 'DELETE', `${production}/domains/shop.example.com`)).status).toBe(204);
});

describe('strangers and viewers', () => {
  const reads = [
    application,
    `${application}/releases`,
    `${application}/releases/1`,
    `${application}/rollouts`,
    `${application}/builds`,
    `${application}/builds/1/log`,
    `${application}/events`,
    `${production}/config`,
    `${production}/scaling`,
    `${production}/domains`,
    `${production}/status`,
    `${production}/pods`,
    `${production}/logs`,
    '/tenants/acme/repositories',
    '/tenants/acme/repositories/shop%2Fhello/artifacts',
  ];
  it.each(reads)('a stranger gets 404 at %s', async (path) => {
    const there = await as('mallory', 'GET', path);
    const nowhere = await as('mallory', 'GET', path.replace('acme', 'nothing'));
    expect([there.status, there.body['code'], there.body['detail']]).toEqual([
      404,
      nowhere.body['code'],
      nowhere.body['detail'],
    ]);
  });

  it("a stranger cannot reach another tenant's application through its own tenant", async () => {
    const { body } = await as('dora', 'GET', application);
    await as('mallory', 'POST', '/tenants/evil/projects', { name: 'shop' });
    expect((await as('mallory', 'GET', `/tenants/evil/projects/shop/applications/${body['id']}`)).status).toBe(404);
  });

  it.each<[string, string, object]>([
    ['POST', `${application}/releases`, {}],
    ['POST', `${application}/rollouts`, { environment: 'production', release: 1 }],
    ['POST', `${application}/builds`, {}],
    ['PATCH', `${production}/config`, {}],
    ['PATCH', `${production}/scaling`, { processes: {} }],
    ['POST', `${production}/domains`, { hostname: 'a.example.com' }],
  ])('a viewer may not %s %s', async (method, path, body) =>
    expect((await as('vera', method, path, body)).status).toBe(403),
  );
});

describe('uploads', () => {
  const send = async (body: RequestInit['body']) => {
    const headers = { authorization: `Bearer ${shop.platform.token('dora')}`, 'content-type': 'application/gzip' };
    const response = await fetch(`${shop.platform.url}/api/v1${application}/uploads`, {
      method: 'POST',
      headers,
      body,
    });
    return { status: response.status, body: await response.json() };
  };

  it('takes a gzipped tar and refuses what leads out of it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-upload-'));
    const pack = (script: string) =>
      execFileSync('sh', ['-c', `rm -rf x; mkdir x; cd x; ${script}; tar -czf - .`], { cwd: directory });
    expect(await send(new Uint8Array(pack('echo FROM scratch > Dockerfile')))).toMatchObject({
      status: 201,
      body: { digest: expect.stringMatching(/^sha256:/) },
    });
    expect(await send(new Uint8Array(pack('ln -s /etc/passwd link')))).toMatchObject({
      status: 422,
      body: { code: 'archive-malformed' },
    });
    expect(await send('no archive')).toMatchObject({ status: 422, body: { code: 'archive-malformed' } });
    await rm(directory, { recursive: true });
  });
});

describe('the git door', () => {
  const remote = (user: string, path = 'acme/shop/hello.git'): string =>
    `${shop.platform.url.replace('//', `//${user}:${shop.platform.token(user)}@`)}/git/${path}`;
  const git = (...args: string[]) =>
    run('git', args, { env: { PATH: process.env['PATH'], GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' } });

  it('takes a push, starts a build of it and tells the pusher', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-git-'));
    await git('init', '-q', '-b', 'main', directory);
    await writeFile(join(directory, 'Dockerfile'), 'FROM busybox\n');
    await git('-C', directory, 'add', '.');
    await git('-C', directory, '-c', 'user.name=d', '-c', 'user.email=d@example.com', 'commit', '-qm', 'first');
    const { stderr } = await git('-C', directory, 'push', remote('dora'), 'HEAD:main');
    expect(stderr).toMatch(/remote: Build 1 of [0-9a-f]{10} \(main\) is on its way to production/);
    expect((await as('dora', 'GET', `${application}/builds/1`)).body).toMatchObject({
      number: 1,
      environment: 'production',
      createdBy: 'dora',
    });
    await expect(git('-C', directory, 'push', remote('vera'), 'HEAD:other')).rejects.toThrow(/403/);
    await expect(git('ls-remote', remote('vera'))).resolves.toMatchObject({
      stdout: expect.stringContaining('refs/heads/main'),
    });
    await rm(directory, { recursive: true });
  });

  it('answers a stranger as if there were nothing, and asks who a nobody is', async () => {
    await expect(git('ls-remote', remote('mallory'))).rejects.toThrow(/not found/);
    await expect(git('ls-remote', remote('dora', 'acme/shop/nothing.git'))).rejects.toThrow(/not found/);
    expect((await fetch(`${shop.platform.url}/git/acme/shop/hello.git/info/refs?service=git-upload-pack`)).status).toBe(
      401,
    );
  });
});

describe("the registry's token service", () => {
  const granted = async (user: string | undefined, scope: string, password?: string) => {
    const basic = Buffer.from(`${user}:${password ?? shop.platform.token(user ?? '')}`).toString('base64');
    const headers: Record<string, string> = user ? { authorization: `Basic ${basic}` } : {};
    const query = new URLSearchParams({ service: 'slipway-registry', scope });
    const response = await fetch(`${shop.platform.url}/service/token?${query}`, { headers });
    if (response.status !== 200) return response.status;
    const { token } = (await response.json()) as { token: string };
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const access: unknown = Reflect.get(Object(claims), 'access');
    return JSON.stringify(
      Array.isArray(access) ? access.flatMap((entry: { actions: string[] }) => entry.actions) : access,
    );
  };

  it.each<[string | undefined, string, string | number]>([
    ['dora', 'repository:acme/shop/hello:pull,push', '["pull","push"]'],
    ['vera', 'repository:acme/shop/hello:pull,push', '["pull"]'],
    ['mallory', 'repository:acme/shop/hello:pull,push', '[]'],
    [undefined, 'repository:acme/shop/hello:pull', '[]'],
    [undefined, 'repository:library/busybox:pull,push', '["pull"]'],
    ['dora', 'repository:library/busybox:pull,push', '["pull"]'],
    ['dora', 'registry:catalog:*', '[]'],
    ['dora', 'repository:acme/shop/nothing:pull,push', '[]'],
  ])('gives %s of %s: %s', async (user, scope, expected) => expect(await granted(user, scope)).toBe(expected));

  it('refuses a wrong password', async () =>
    expect(await granted('dora', 'repository:acme/shop/hello:pull', 'wrong')).toBe(401));
});

describe('a build', () => {
  it('runs as a pod whose source opens only with its own token, and can be cancelled', async () => {
    const { body } = await as('dora', 'GET', `${application}/builds/1`);
    const found = await eventually(async () => {
      const { items } = await shop.platform.client.list(pods, { namespace: 'slipway-builds-acme' });
      expect(items).toHaveLength(1);
      return items[0];
    });
    expect(found?.spec).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsUser: 1000 } });
    expect(
      (
        await fetch(`${shop.platform.url}/internal/builds/${body['id']}/context`, {
          headers: { authorization: 'Bearer slp_build_x' },
        })
      ).status,
    ).toBe(404);
    expect((await as('dora', 'POST', `${application}/builds/1/cancel`)).status).toBe(202);
    await eventually(async () => {
      expect((await as('dora', 'GET', `${application}/builds/1`)).body['state']).toBe('cancelled');
      expect(
        (
          await shop.platform.client.list(secrets, {
            namespace: 'slipway-builds-acme',
            labelSelector: 'slipway.dev/build',
          })
        ).items,
      ).toHaveLength(0);
    });
  });
});

it('deleting an application takes all of it out of the cluster', async () => {
  expect((await as('dora', 'DELETE', application)).status).toBe(403);
  expect((await as('admin', 'DELETE', application)).status).toBe(202);
  await eventually(async () => {
    expect((await as('dora', 'GET', application)).status).toBe(404);
    const labelSelector = 'slipway.dev/application=hello';
    expect((await shop.platform.client.list(deployments, { namespace, labelSelector })).items).toHaveLength(0);
    expect((await shop.platform.client.list(secrets, { namespace, labelSelector })).items).toHaveLength(0);
  });
});
