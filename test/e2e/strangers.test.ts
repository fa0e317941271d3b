import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createScene, type Scene } from '../support/scene.js';
import { checkout, finish } from '../support/slipway.js';

const apiUrl = inject('apiUrl');
const api = `${apiUrl}/api/v1`;
let owner: Scene;
let stranger: Scene;
let token: string;
let namespace: string;
const hasKubectl = (() => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

beforeAll(async () => {
  owner = await createScene('owner');
  stranger = await createScene('stranger');
  await owner.slipway.run('deploy', join(checkout, 'docs/samples/hello'), '--create');
  token = ((await stranger.slipway.json('tokens', 'create', 'doors')) as { token: string }).token;
  const environments = (await owner.slipway.json('environments', 'list')) as { namespace: string }[];
  namespace = environments[0]?.namespace ?? '';
});
afterAll(async () => {
  await stranger?.dispose();
  await owner?.dispose();
});

const ask = (path: string, init: RequestInit = {}) =>
  fetch(path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });

describe("another tenant's things are not there", () => {
  describe('REST', () => {
    const project = () => `${api}/tenants/${owner.tenant}/projects/demo`;
    test.each([
      ['the tenant', () => `${api}/tenants/${owner.tenant}`],
      ['its members', () => `${api}/tenants/${owner.tenant}/members`],
      ['its projects', () => `${api}/tenants/${owner.tenant}/projects`],
      ['its repositories', () => `${api}/tenants/${owner.tenant}/repositories`],
      ['its audit events', () => `${api}/tenants/${owner.tenant}/audit-events`],
      ['its live events', () => `${api}/tenants/${owner.tenant}/events`],
      ['a project', () => project()],
      ['its environments', () => `${project()}/environments`],
      ['an application', () => `${project()}/applications/hello`],
      ['its builds', () => `${project()}/applications/hello/builds`],
      ['a build log', () => `${project()}/applications/hello/builds/1/log`],
      ['its releases', () => `${project()}/applications/hello/releases`],
      ['its config', () => `${project()}/applications/hello/environments/production/config`],
      ['its pods', () => `${project()}/applications/hello/environments/production/pods`],
      ['its logs', () => `${project()}/applications/hello/environments/production/logs`],
    ])('%s', async (_, path) => {
      const answer = await ask(path());
      const missing = await ask(path().replaceAll(owner.tenant, 'no-such-tenant'));
      expect(answer.status).toBe(404);
      const [problem, other] = [await answer.json(), await missing.json()] as {
        code: string;
        title: string;
        detail?: string;
      }[];
      // Word for word what a tenant that does not exist answers.
      const said = (text: string | undefined) => text?.replaceAll(owner.tenant, 'X').replaceAll('no-such-tenant', 'X');
      expect([problem?.code, problem?.title, said(problem?.detail)]).toEqual([
        other?.code,
        other?.title,
        said(other?.detail),
      ]);
    });

    test('nor can they be changed', async () => {
      const path = `${project()}/applications/hello`;
      const json = { 'content-type': 'application/json' };
      const tries = [
        ask(path, { method: 'DELETE' }),
        ask(path, {
          method: 'PATCH',
          headers: { 'content-type': 'application/merge-patch+json' },
          body: '{"displayName":"mine"}',
        }),
        ask(`${path}/rollback`, { method: 'POST', headers: json, body: '{"environment":"production"}' }),
        ask(`${path}/uploads`, { method: 'POST', headers: { 'content-type': 'application/gzip' }, body: 'x' }),
        ask(`${api}/tenants/${owner.tenant}/members`, {
          method: 'POST',
          headers: json,
          body: JSON.stringify({ username: stranger.username, role: 'owner' }),
        }),
      ];
      expect((await Promise.all(tries)).map((answer) => answer.status)).toEqual([404, 404, 404, 404, 404]);
      expect(await owner.slipway.json('status', '--app', 'hello')).toMatchObject({ state: 'healthy' });
    });

    test('and lists do not name them', async () => {
      const listed = await (await ask(`${api}/tenants`)).text();
      expect(listed).toContain(stranger.tenant);
      expect(listed).not.toContain(owner.tenant);
    });
  });

  test.each([
    ['tenants', ['tenants', 'get']],
    ['projects', ['projects', 'list', '--tenant']],
    ['repositories', ['repositories', 'list', '--tenant']],
    ['logs', ['logs', '--app', 'hello', '--project', 'demo', '--tenant']],
    ['deploy', ['deploy', '--image', 'busybox', '--app', 'hello', '--project', 'demo', '--create', '--tenant']],
  ])('CLI: %s', async (_, words) => {
    expect(await stranger.slipway.try([...words, owner.tenant])).toMatchObject({ exit: 4, stdout: '' });
  });

  describe('Kubernetes', () => {
    const door = `${apiUrl}/k8s/clusters/embedded`;

    test('the namespace and what is in it', async () => {
      for (const path of ['', '/pods', '/secrets', '/configmaps', '/services']) {
        const answer = await ask(`${door}/api/v1/namespaces/${namespace}${path}`);
        expect([path, answer.status]).toEqual([path, 404]);
        expect(await answer.json()).toMatchObject({ kind: 'Status', reason: 'NotFound' });
      }
    });

    test('lists over all namespaces name only their own', async () => {
      const answer = await ask(`${door}/api/v1/namespaces`);
      expect(answer.status).toBe(200);
      const names = ((await answer.json()) as { items: { metadata: { name: string } }[] }).items.map(
        (item) => item.metadata.name,
      );
      expect(names.every((name) => name.startsWith(`${stranger.tenant}-`))).toBe(true);
      expect(names).not.toHaveLength(0);
    });

    test.skipIf(!hasKubectl)('by an unmodified kubectl with the kubeconfig of the CLI', async () => {
      const file = join(stranger.slipway.home, 'kubeconfig');
      await writeFile(file, await stranger.slipway.run('kubeconfig'), { mode: 0o600 });
      const kubectl = (...words: string[]) => finish('kubectl', ['--kubeconfig', file, ...words]);
      const own = await kubectl('get', 'pods');
      expect(own, own.stderr).toMatchObject({ exit: 0 });
      const others = await kubectl('-n', namespace, 'get', 'pods');
      expect(others.exit).not.toBe(0);
      expect(others.stderr).toContain('NotFound');
    });
  });

  describe('git', () => {
    const git = (words: string[], cwd?: string) =>
      finish('git', words, {
        cwd,
        env: { PATH: process.env['PATH'] ?? '', HOME: stranger.slipway.home, GIT_TERMINAL_PROMPT: '0' },
      });
    const url = (tenant: string, password = token) => {
      const address = new URL(`${apiUrl}/git/${tenant}/demo/hello.git`);
      address.username = stranger.username;
      address.password = password;
      return address.href;
    };

    test('cannot be read', async () => {
      const { exit, stderr } = await git(['ls-remote', url(owner.tenant)]);
      expect(exit).not.toBe(0);
      expect(stderr).toMatch(/not found|404/i);
    });

    test('cannot be pushed to', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'slipway-git-'));
      await writeFile(join(folder, 'Dockerfile'), 'FROM busybox\n');
      const commit = ['-c', 'user.name=S', '-c', 'user.email=s@example.test', 'commit', '-qm', 'x'];
      for (const words of [['init', '-q', '-b', 'main'], ['add', '.'], commit])
        expect((await git(words, folder)).exit).toBe(0);
      const { exit, stderr } = await git(['push', url(owner.tenant), 'main'], folder);
      expect(exit).not.toBe(0);
      expect(stderr).toMatch(/not found|404/i);
      await rm(folder, { recursive: true, force: true });
    });

    test('a wrong password is asked for again, not told what is there', async () => {
      const answers = await Promise.all(
        [owner.tenant, 'no-such-tenant'].map((tenant) =>
          fetch(`${apiUrl}/git/${tenant}/demo/hello.git/info/refs?service=git-upload-pack`),
        ),
      );
      expect(answers.map((answer) => answer.status)).toEqual([401, 401]);
    });
  });

  describe('registry', () => {
    test('the token service grants nothing, and the repository is not there', async () => {
      const basic = `Basic ${Buffer.from(`${stranger.username}:${token}`).toString('base64')}`;
      const repository = `${owner.tenant}/demo/hello`;
      const asked = await fetch(
        `${apiUrl}/service/token?service=slipway-registry&scope=repository:${repository}:pull,push`,
        {
          headers: { authorization: basic },
        },
      );
      expect(asked.status).toBe(200);
      const granted = ((await asked.json()) as { token: string }).token;
      const claims = JSON.parse(Buffer.from(granted.split('.')[1] ?? '', 'base64url').toString()) as {
        access?: unknown[];
      };
      expect(claims.access ?? []).toEqual([]);
      const pulled = await fetch(`${apiUrl}/v2/${repository}/tags/list`, {
        headers: { authorization: `Bearer ${granted}` },
      });
      expect([401, 404]).toContain(pulled.status);
    });

    test('a wrong password is refused', async () => {
      const basic = `Basic ${Buffer.from(`${stranger.username}:wrong`).toString('base64')}`;
      const asked = await fetch(`${apiUrl}/service/token?service=slipway-registry`, {
        headers: { authorization: basic },
      });
      expect(asked.status).toBe(401);
    });
  });
});
