import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { createKubectl, kubectls } from '../support/kubectl.js';
import { uniqueName } from '../support/slipway.js';

const image = inject('image');
const directory = mkdtempSync(join(tmpdir(), 'slipway-commands-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const container = (name: string, script: string, more: object = {}) => ({
  name,
  image,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  ...more,
});
const pod = (name: string, ...containers: object[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 1, containers },
});
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
};
// containerd 1.6 now and then keeps a process's very last words from those who are attached (the log has them), so one
// that is heard through `attach` lingers after its answer.
const answer = 'echo "got $word"; sleep 1';
const serve = 'mkdir /www; echo served > /www/index.html; echo started; exec httpd -f -p 8080 -h /www';
const manifest = [
  pod('web', container('main', serve), container('side', 'while :; do echo tick; sleep 0.2; done')),
  pod('talk', container('main', 'echo ready; exec cat', { stdin: true })),
  pod('crash', container('main', 'echo run; test -e /gone; sleep 0.1; exit 1')),
  service,
]
  .map((each) => JSON.stringify(each))
  .join('\n');

describe.each(kubectls)('pods by kubectl 1.$minor', (which) => {
  const namespace = uniqueName('pods');
  const { ok, try: attempt, refused, start, inTerminal } = createKubectl(namespace, which);
  const path = (name: string) => join(directory, `${which.minor}-${name}`);

  beforeAll(async () => {
    await ok(['create', 'namespace', namespace]);
    // The namespace's service account is made in the background.
    await eventually(() => ok(['get', 'serviceaccount', 'default']));
    await ok(['apply', '-f', '-'], manifest);
    await ok(['wait', '--for=condition=Ready', 'pod/web', 'pod/talk', '--timeout=60s']);
  });
  afterAll(() => attempt(['delete', 'namespace', namespace, '--wait=false']));

  test.concurrent('exec: input, both outputs, exit code, container, terminal', async () => {
    const script = 'cat; echo problem >&2; exit 7';
    const ran = await attempt(['exec', '-i', 'web', '-c', 'side', '--', 'sh', '-c', script], 'from here');
    expect(ran).toMatchObject({ exit: 7, stdout: 'from here' });
    expect(ran.stderr).toContain('problem');
    expect(await refused(['exec', 'web', '-c', 'none', '--', 'true'])).toContain('none');
    expect(await refused(['exec', 'nobody', '--', 'true'])).toContain('pods "nobody" not found');
    const inside = await inTerminal(['exec', '-it', 'web', '-c', 'main', '--', 'sh', '-c', 'tty; exit 5']);
    expect(inside).toMatchObject({ exit: 5, stdout: expect.stringContaining('/dev/') });
  });

  test.concurrent('logs: of one container, of all, of a selector, a part, with times', async () => {
    expect(await ok(['logs', 'web', '-c', 'main'])).toBe('started');
    const all = await ok(['logs', 'web', '--all-containers', '--prefix', '--tail=3']);
    expect(all).toMatch(/^\[pod\/web\/main\] started$/m);
    expect(all).toMatch(/^\[pod\/web\/side\] tick$/m);
    expect(await ok(['logs', '-l', 'app=talk'])).toMatch(/^ready/);
    expect(await ok(['logs', 'web', '-c', 'side', '--tail=2'])).toBe('tick\ntick');
    expect(await ok(['logs', 'web', '-c', 'side', '--limit-bytes=4'])).toBe('tick');
    expect(await ok(['logs', 'web', '-c', 'main', '--timestamps'])).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z started$/);
    const recent = await ok(['logs', 'web', '-c', 'side', '--since=1s']);
    expect(recent.length).toBeLessThan((await ok(['logs', 'web', '-c', 'side'])).length);
    expect(await ok(['logs', 'web', '-c', 'main', '--since-time=2100-01-01T00:00:00Z'])).toBe('');
  });

  test.concurrent('logs -f goes on, and -p shows the run before', async () => {
    const following = start(['logs', '-f', 'web', '-c', 'side', '--since=1s']);
    await following.until(/(tick\s+){10}/);
    await following.end();
    await eventually(async () => expect(await ok(['logs', 'crash', '--previous'])).toBe('run'));
    expect(await refused(['logs', 'web', '-c', 'main', '-p'])).toContain(
      'previous terminated container "main" in pod "web" not found',
    );
  });

  test.concurrent('attach joins what runs', async () => {
    const attached = start(['attach', '-i', 'talk']);
    attached.write('heard\n');
    await attached.until(/heard/);
    await attached.end();
  });

  test.concurrent('cp copies files and directories there and back', async () => {
    const text = 'y'.repeat(300_000);
    writeFileSync(path('sent'), text);
    await ok(['cp', path('sent'), 'web:/tmp/sent', '-c', 'main']);
    await ok(['cp', 'web:/tmp/sent', path('back'), '-c', 'main']);
    expect(readFileSync(path('back'), 'utf8')).toBe(text);
    mkdirSync(path('tree/deep'), { recursive: true });
    writeFileSync(path('tree/deep/leaf'), 'leaf');
    await ok(['cp', path('tree'), `${namespace}/web:/tmp/tree`, '-c', 'main']);
    expect(await ok(['exec', 'web', '-c', 'main', '--', 'cat', '/tmp/tree/deep/leaf'])).toBe('leaf');
    await ok(['cp', `${namespace}/web:/tmp/tree`, path('tree-back'), '-c', 'main']);
    expect(readFileSync(path('tree-back/deep/leaf'), 'utf8')).toBe('leaf');
  });

  test.concurrent.each(['pod/web', 'service/web'])('port-forward %s', async (target) => {
    const forward = start(['port-forward', target, target.startsWith('pod') ? ':8080' : ':http']);
    const [, port] = await forward.until(/127\.0\.0\.1:(\d+)/);
    for (let round = 0; round < 3; round += 1) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
      expect(await answer.text()).toBe('served\n');
    }
    await forward.end();
  });

  test.concurrent('proxy opens the API, and through it a service and a pod', async () => {
    const proxy = start(['proxy', '--port=0']);
    const [, port] = await proxy.until(/127\.0\.0\.1:(\d+)/);
    const base = `http://127.0.0.1:${port}/api/v1/namespaces/${namespace}`;
    const listed = (await (await fetch(`${base}/pods`)).json()) as { kind: string };
    expect(listed.kind).toBe('PodList');
    for (const place of ['services/web:http/proxy/', 'pods/web:8080/proxy/'])
      expect(await (await fetch(`${base}/${place}`)).text()).toBe('served\n');
    await proxy.end();
  });

  test.concurrent('run --rm runs once, with input, in a terminal, and tells the exit code', async () => {
    const words = [
      '--rm',
      `--image=${image}`,
      '--image-pull-policy=IfNotPresent',
      '--restart=Never',
      '--command',
      '--',
    ];
    const script = `read word; ${answer}; exit 3`;
    const once = await attempt(['run', 'once', '-i', ...words, 'sh', '-c', script], 'this\n');
    expect(once).toMatchObject({ exit: 3, stdout: expect.stringContaining('got this') });
    expect(await refused(['get', 'pod', 'once'])).toContain('NotFound');
    const inside = await inTerminal(['run', 'shell', '-it', ...words, 'sh', '-c', 'sleep 1; tty']);
    expect(inside).toMatchObject({ exit: 0, stdout: expect.stringContaining('/dev/') });
  });

  // Before 1.23 it asks for an alpha form of ephemeral containers that no API has served since 1.22.
  test.concurrent('debug looks at the processes of a running container', async ({ skip }) => {
    skip(which.minor < 23);
    const words = ['debug', 'talk', '-i', `--image=${image}`, '--target=main', '-c', 'look'];
    const debug = start([...words, '--', 'sh', '-c', `read word; ps; ${answer}`]);
    debug.write('this\n');
    await debug.until(/1 root +cat[\s\S]*got this/);
    await debug.end();
    expect(await ok(['describe', 'pod', 'talk'])).toMatch(/Ephemeral Containers:\s+look:/);
    await eventually(async () => {
      const state = await ok(['get', 'pod', 'talk', '-o', 'jsonpath={.status.ephemeralContainerStatuses[0].state}']);
      expect(JSON.parse(state)).toMatchObject({ terminated: { exitCode: 0, reason: 'Completed' } });
    });
  });

  test.concurrent('debug --copy-to makes a changed copy', async () => {
    const words = ['debug', 'web', '--copy-to=web-copy', '--container=main', '--share-processes', '--attach=false'];
    await ok([...words, `--image=${image}`, '--', 'sh', '-c', 'echo copied; sleep 1000']);
    await eventually(async () => expect(await ok(['logs', 'web-copy', '-c', 'main'])).toBe('copied'));
    // The other container of the pod may start after this one.
    await eventually(async () =>
      expect(await ok(['exec', 'web-copy', '-c', 'main', '--', 'ps'])).toContain('echo tick'),
    );
  });

  test.concurrent('debug node/… opens the machine', async () => {
    const [node = ''] = (await ok(['get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ');
    const script = `read word; test -d /host/proc/1 && ${answer}`;
    const debug = start(['debug', `node/${node}`, '-i', `--image=${image}`, '--', 'sh', '-c', script]);
    debug.write('this\n');
    await debug.until(/got this/);
    await debug.end();
    const name = (await ok(['get', 'pods', '-o', 'name'])).split('\n').find((each) => each.includes('node-debugger'));
    const spec = JSON.parse(await ok(['get', name ?? '', '-o', 'jsonpath={.spec}']));
    expect(spec).toMatchObject({ nodeName: node, hostNetwork: true, hostPID: true });
  });

  test.concurrent('wait --for=delete ends when the pod has gone, delete --now does not linger', async () => {
    await ok(
      ['apply', '-f', '-'],
      JSON.stringify(pod('brief', container('main', 'trap "exit 0" TERM; sleep 1000 & wait'))),
    );
    await ok(['wait', '--for=condition=Ready', 'pod/brief', '--timeout=30s']);
    const waiting = attempt(['wait', '--for=delete', 'pod/brief', '--timeout=30s']);
    expect(await ok(['delete', 'pod', 'brief', '--now'])).toContain('deleted');
    const { exit, stderr } = await waiting;
    // An old kubectl complains of what has gone before it looks.
    expect(exit === 0 || stderr.includes('no matching resources found'), stderr).toBe(true);
    expect(
      await refused(['wait', '--for=condition=Ready', 'pod/web', '--for=condition=Never', '--timeout=1s']),
    ).not.toBe('');
  });

  test.concurrent('events tells what happened to a pod', async () => {
    await eventually(async () => {
      const listed = await ok([
        'get',
        'events',
        '--field-selector',
        'involvedObject.name=web',
        '--sort-by=.lastTimestamp',
      ]);
      expect(listed).toMatch(/Normal +Scheduled +pod\/web/);
      expect(listed).toMatch(/Normal +Started +pod\/web/);
    });
    if (which.minor >= 26) expect(await ok(['events', '--for', 'pod/web', '--types=Normal'])).toContain('Scheduled');
  });

  test.concurrent('top tells what pods and nodes use', async () => {
    // The first figures need two looks at the containers.
    await eventually(async () => {
      expect(await ok(['top', 'pods'])).toMatch(/^web +\d+m +\d+Mi/m);
      expect(await ok(['top', 'pod', 'web', '--containers'])).toMatch(/^web +side +\d+m +\d+Mi/m);
      expect(await ok(['top', 'nodes'])).toMatch(/^NAME +CPU\(cores\).*\n\S+ +\d+m +\d+% +\d+Mi +\d+%/);
    }, 60);
  });
});
