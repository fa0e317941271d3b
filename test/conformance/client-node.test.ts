import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  AppsV1Api,
  CoreV1Api,
  Cp,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Status,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { uniqueName } from '../support/slipway.js';

const namespace = uniqueName('client-node');
const image = inject('image');
const config = new KubeConfig();
config.loadFromFile(inject('kubeconfig'));
const core = config.makeApiClient(CoreV1Api);
const directory = mkdtempSync(join(tmpdir(), 'slipway-client-'));

const configMap = (name: string, data: Record<string, string>, labels: Record<string, string> = {}) => ({
  metadata: { name, namespace, labels },
  data,
});
/** What a stream is written, as text. */
function collected(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (part: Buffer) => {
    text += part.toString();
  });
  return { stream, text: () => text };
}

describe('what @kubernetes/client-node expects of a Kubernetes API', () => {
  beforeAll(async () => {
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await eventually(() => core.readNamespacedServiceAccount({ name: 'default', namespace }));
    const serve = 'mkdir /www; echo served > /www/index.html; echo started; exec httpd -f -p 8080 -h /www';
    const container = { name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', serve] };
    await core.createNamespacedPod({
      namespace,
      body: { metadata: { name: 'web' }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } },
    });
    await eventually(async () => {
      const { status } = await core.readNamespacedPod({ name: 'web', namespace });
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    }, 60);
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await core.deleteNamespace({ name: namespace });
  });

  test.concurrent('typed clients create, read, replace, patch, list in pages and delete', async () => {
    await core.createNamespacedConfigMap({ namespace, body: configMap('typed', { k: '1' }, { set: 'typed' }) });
    const read = await core.readNamespacedConfigMap({ name: 'typed', namespace });
    expect(read.metadata?.creationTimestamp).toBeInstanceOf(Date);
    await core.replaceNamespacedConfigMap({ name: 'typed', namespace, body: { ...read, data: { k: '2' } } });
    const stale = core.replaceNamespacedConfigMap({ name: 'typed', namespace, body: { ...read, data: { k: '3' } } });
    await expect(stale).rejects.toMatchObject({ code: 409 });
    await core.patchNamespacedConfigMap(
      { name: 'typed', namespace, body: { data: { l: '1' } } },
      setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
    );
    await core.createNamespacedConfigMap({ namespace, body: configMap('typed-2', {}, { set: 'typed' }) });
    const first = await core.listNamespacedConfigMap({ namespace, labelSelector: 'set=typed', limit: 1 });
    expect(first.items[0]?.data).toEqual({ k: '2', l: '1' });
    const { _continue } = first.metadata ?? {};
    const rest = await core.listNamespacedConfigMap({ namespace, labelSelector: 'set=typed', limit: 1, _continue });
    expect(rest.items.map((each) => each.metadata?.name)).toEqual(['typed-2']);
    await core.deleteNamespacedConfigMap({ name: 'typed', namespace });
    await expect(core.readNamespacedConfigMap({ name: 'typed', namespace })).rejects.toMatchObject({ code: 404 });
  });

  test.concurrent('the client of any object finds kinds by discovery', async () => {
    const any = KubernetesObjectApi.makeApiClient(config);
    const object = { apiVersion: 'v1', kind: 'ConfigMap', ...configMap('any', { k: '1' }) };
    await any.create(object);
    await any.patch({ ...object, data: { k: '2' } }, undefined, undefined, 'test', true, PatchStrategy.ServerSideApply);
    expect(await any.read(object)).toMatchObject({ data: { k: '2' } });
    const deployments = await config.makeApiClient(AppsV1Api).listNamespacedDeployment({ namespace });
    expect(deployments.items).toEqual([]);
  });

  test.concurrent('an informer follows what is added, changed and deleted', async () => {
    const labelSelector = 'set=followed';
    const seen: string[] = [];
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector });
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const informer = makeInformer<V1ConfigMap>(config, path, list, labelSelector);
    for (const verb of ['add', 'update', 'delete'] as const)
      informer.on(verb, (object) => seen.push(`${verb} ${object.metadata?.name} ${object.data?.k}`));
    await core.createNamespacedConfigMap({ namespace, body: configMap('before', { k: '0' }, { set: 'followed' }) });
    await informer.start();
    const body = configMap('after', { k: '1' }, { set: 'followed' });
    await core.createNamespacedConfigMap({ namespace, body });
    await core.replaceNamespacedConfigMap({ name: 'after', namespace, body: { ...body, data: { k: '2' } } });
    await core.deleteNamespacedConfigMap({ name: 'after', namespace });
    await eventually(() => expect(seen).toEqual(['add before 0', 'add after 1', 'update after 2', 'delete after 2']));
    expect(informer.list().map((each) => each.metadata?.name)).toEqual(['before']);
    await informer.stop();
  });

  test.concurrent('a watch goes on from a revision, and ends in time', async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    await core.createNamespacedConfigMap({ namespace, body: configMap('watched', {}, { set: 'watched' }) });
    const seen: string[] = [];
    const query = { resourceVersion: metadata?.resourceVersion, labelSelector: 'set=watched', timeoutSeconds: 1 };
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    await new Promise<void>((resolve, reject) => {
      const note = (phase: string, object: V1ConfigMap) => seen.push(`${phase} ${object.metadata?.name}`);
      new Watch(config).watch(path, query, note, () => resolve()).catch(reject);
    });
    expect(seen).toEqual(['ADDED watched']);
  });

  test.concurrent('exec runs a command with its input and tells how it ended', async () => {
    const [stdout, stderr, stdin] = [collected(), collected(), new PassThrough()];
    const command = ['sh', '-c', 'read word; echo "got $word"; echo problem >&2; exit 4'];
    const ended = new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec(namespace, 'web', 'main', command, stdout.stream, stderr.stream, stdin, false, resolve)
        .catch(reject);
    });
    stdin.write('this\n');
    expect(await ended).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
    await eventually(() => expect([stdout.text(), stderr.text()]).toEqual(['got this\n', 'problem\n']));
  });

  test.concurrent('logs come as text and as a stream', async () => {
    expect(await core.readNamespacedPodLog({ name: 'web', namespace })).toBe('started\n');
    const log = collected();
    const following = await new Log(config).log(namespace, 'web', 'main', log.stream, { follow: true, tailLines: 1 });
    await eventually(() => expect(log.text()).toBe('started\n'));
    following.abort();
  });

  test.concurrent('port-forward reaches a port of the pod', async () => {
    const [answer, problem, request] = [collected(), collected(), new PassThrough()];
    const forward = new PortForward(config);
    await forward.portForward(namespace, 'web', [8080], answer.stream, problem.stream, request);
    request.write('GET / HTTP/1.0\r\n\r\n');
    await eventually(() => expect(answer.text()).toContain('served'));
    expect(problem.text()).toBe('');
  });

  // Its cpFromPod asks for a compressed archive and unpacks a plain one: it works with no cluster.
  test.concurrent('cp copies a directory into the pod', async () => {
    mkdirSync(join(directory, 'deep'));
    writeFileSync(join(directory, 'deep/sent'), 'through a tar');
    await new Cp(config).cpToPod(namespace, 'web', 'main', directory, '/tmp');
    await eventually(async () => {
      const file = collected();
      await new Promise<V1Status>((resolve, reject) => {
        new Exec(config)
          .exec(namespace, 'web', 'main', ['cat', '/tmp/deep/sent'], file.stream, null, null, false, resolve)
          .catch(reject);
      });
      expect(file.text()).toBe('through a tar');
    });
  });
});
