import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { askGateway, startLoad } from '../support/gateway.js';
import { createScene, type Scene } from '../support/scene.js';
import { checkout, createSlipway } from '../support/slipway.js';

let scene: Scene;
let folder: string;
let url: string;
const port = inject('gatewayPort');

beforeAll(async () => {
  scene = await createScene('cli');
  folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
  await cp(join(checkout, 'docs/samples/hello'), folder, { recursive: true });
});
afterAll(async () => {
  await scene?.dispose();
  if (folder) await rm(folder, { recursive: true, force: true });
});

describe('from a folder to a URL and back', () => {
  test('deploy builds, pushes, rolls out and prints a URL that answers', async () => {
    const { exit, stdout, stderr } = await scene.slipway.try(['deploy', folder, '--create']);
    expect(exit, stderr).toBe(0);
    url = stdout.trim();
    expect(url).toMatch(/^http:\/\/hello-.*\.[a-z.]+:\d+\/?$/);
    expect(await askGateway({ port, url })).toMatchObject({
      status: 200,
      body: expect.stringContaining('Hello from Slipway'),
    });
  });

  test('a changed line is served without a failed request under a steady load', async () => {
    const load = startLoad({ port, url });
    const page = join(folder, 'www/index.html');
    await writeFile(
      page,
      (await readFile(page, 'utf8')).replace('<h1>Hello from Slipway</h1>', '<h1>Hello again</h1>'),
    );
    await scene.slipway.run('deploy', folder);
    await eventually(async () => expect((await askGateway({ port, url })).body).toContain('Hello again'));
    const { count, failures, bodies } = await load.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(100);
    expect(bodies.size).toBe(2);
  });

  test('rollback restores the body of the release before, under the same load', async () => {
    const load = startLoad({ port, url });
    await scene.slipway.run('rollback', '--app', 'hello');
    await eventually(async () => expect((await askGateway({ port, url })).body).toContain('Hello from Slipway'));
    const { failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(await scene.slipway.json('status', '--app', 'hello')).toMatchObject({ state: 'healthy', release: 1 });
  });

  test('releases are numbered, compared and listed', async () => {
    expect(await scene.slipway.json('releases', 'list', '--app', 'hello')).toMatchObject([
      { number: 2 },
      { number: 1 },
    ]);
    const diff = await scene.slipway.json('releases', 'diff', '1', '2', '--app', 'hello');
    expect(diff).toContainEqual(expect.objectContaining({ path: 'image' }));
  });

  test('a build log can be read again', async () => {
    expect(await scene.slipway.run('builds', 'log', '1', '--app', 'hello')).toMatch(/FROM .*busybox/);
  });
});

describe('operating what runs', () => {
  test('a variable reaches the pods, a secret is never shown', async () => {
    await scene.slipway.run('config', 'set', 'GREETING=hi', '--app', 'hello');
    const set = await scene.slipway.try(['config', 'set', '--secret', 'API_KEY', '--app', 'hello'], {
      stdin: 'hush-hush\n',
    });
    expect(set.exit, set.stderr).toBe(0);
    expect(await scene.slipway.run('config', 'get', 'GREETING', '--app', 'hello')).toBe('hi');
    const all = await scene.slipway.run('config', 'get', '--app', 'hello');
    expect(all).toMatch(/API_KEY +secret/);
    expect(all + set.stdout + set.stderr).not.toContain('hush-hush');
    expect(await scene.slipway.try(['config', 'get', 'API_KEY', '--app', 'hello'])).toMatchObject({ exit: 1 });
    await scene.slipway.run('rollouts', 'watch', '--app', 'hello');
  });

  test('scale changes the number of pods that are ready', async () => {
    await scene.slipway.run('scale', 'web=3', '--app', 'hello');
    await eventually(async () => {
      expect(await scene.slipway.json('status', '--app', 'hello')).toMatchObject({
        processes: [{ name: 'web', desired: 3, ready: 3 }],
      });
    }, 60);
    // Those of the release before are listed until they have ended.
    await eventually(async () => expect(await scene.slipway.json('pods', '--app', 'hello')).toHaveLength(3), 60);
  });

  test('logs of a pod that writes are shown', async () => {
    await writeFile(join(folder, 'start.sh'), 'echo ready to serve\nexec httpd -f -p "$PORT" -h /www\n');
    await scene.slipway.run('deploy', folder);
    await eventually(async () => expect(await scene.slipway.run('logs', '--app', 'hello')).toContain('ready to serve'));
  });

  test('a build that fails ends with its own exit status and changes nothing that runs', async () => {
    await writeFile(join(folder, 'Dockerfile'), 'FROM busybox\nRUN exit 3\n');
    const { exit, stderr } = await scene.slipway.try(['deploy', folder]);
    expect(exit).toBe(9);
    expect(stderr).toContain('(build-failed)');
    expect(await askGateway({ port, url })).toMatchObject({ status: 200 });
  });
});

describe('bad input', () => {
  test.each([
    ['an application that is not there', ['status', '--app', 'nowhere'], 4, 'remedy|not'],
    ['a tenant that is not there', ['projects', 'list', '--tenant', 'nowhere'], 4, 'not'],
    ['a name that is taken', ['projects', 'create', 'demo'], 6, 'name'],
    ['an image that is no reference', ['deploy', '--image', 'UPPER CASE', '--app', 'hello'], 7, 'image'],
    ['a release that is not there', ['rollback', '999', '--app', 'hello'], 4, '999|release'],
    ['an administrator’s command', ['users', 'list'], 5, 'on the platform'],
  ])('%s has its own exit status', async (_, words, exit, text) => {
    const finished = await scene.slipway.try(words);
    expect(finished).toMatchObject({ exit, stdout: '' });
    expect(finished.stderr).toMatch(/^error: .*\([a-z][a-z-]+\)$/m);
    expect(finished.stderr).toMatch(new RegExp(text, 'i'));
  });

  test('a wrong password and a wrong token are refused', async () => {
    const stranger = await createSlipway(inject('apiUrl'));
    const wrong = await stranger.try(['login', '--username', scene.username, '--password-stdin'], { stdin: 'wrong\n' });
    expect(wrong).toMatchObject({ exit: 3, stderr: expect.stringContaining('(login-refused)') });
    expect(await stranger.try(['login', '--token', 'slp_pat_wrong'])).toMatchObject({ exit: 3 });
    expect(await stranger.try(['whoami'])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('(not-logged-in)'),
    });
    await stranger.dispose();
  });

  test('a token works for CI from the environment, and no longer once it is revoked', async () => {
    const created = (await scene.slipway.json('tokens', 'create', 'ci')) as { id: string; token: string };
    const ci = await createSlipway(inject('apiUrl'), {
      SLIPWAY_TOKEN: created.token,
      SLIPWAY_TENANT: scene.tenant,
      SLIPWAY_PROJECT: 'demo',
    });
    expect(await ci.run('apps', 'list')).toContain('hello');
    await scene.slipway.run('tokens', 'delete', created.id);
    expect(await ci.try(['apps', 'list'])).toMatchObject({ exit: 3 });
    await ci.dispose();
  });
});
