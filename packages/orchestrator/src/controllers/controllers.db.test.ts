import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KubeClient } from '../client/index.js';
import {
  configMaps,
  type Deployment,
  deployments,
  endpointSlices,
  events,
  leases,
  namespaces,
  nodes,
  type Pod,
  pods,
  replicaSets,
  services,
} from '../kinds/index.js';
import { type Informers, type Stoppable, silentLogger, systemClock, toMicroTime, toTime } from '../runtime/index.js';
import { startScheduler } from '../scheduler/index.js';
import { kubectlMinor, startTestCluster, type TestCluster } from '../testing/index.js';
import { createClusterInformers, startControllers } from './index.js';
import { nodeLeaseNamespace } from './node-lifecycle/controller.js';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
  }
}

const run = promisify(execFile);

async function eventually<T>(look: () => T | Promise<T>, seconds = 15): Promise<T> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** What the node agent would do, without containers: pods on the node become ready, those that are told to end are gone. */
function simulateNode(client: KubeClient, informers: Informers, name: string): Stoppable {
  const copies = informers.of(pods);
  const done = new Set<string>();
  let address = 0;
  const serve = async (pod: Pod) => {
    const { name: podName, namespace, deletionTimestamp } = pod.metadata;
    if (pod.spec?.nodeName !== name || namespace === undefined) return;
    if (deletionTimestamp !== undefined) {
      await client.delete(pods, podName, namespace, { gracePeriodSeconds: 0, uid: pod.metadata.uid });
      return;
    }
    const isBroken = pod.spec.containers.some(({ image }) => image?.includes('broken'));
    if (pod.status?.phase === 'Running' || isBroken) return;
    address += 1;
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: toTime(Date.now()) }];
    const status = { ...pod.status, phase: 'Running', podIP: `10.1.0.${address % 250}`, conditions };
    await client.update(pods, { ...pod, status }, { subresource: 'status' });
  };
  const end = copies.onChange(({ type, object }) => {
    const key = `${object.metadata.uid} ${object.metadata.resourceVersion}`;
    if (type === 'removed' || done.has(key)) return;
    done.add(key);
    // A newer version of the pod comes by itself where this one has become stale.
    serve(object).catch(() => undefined);
  });
  return { stop: async () => end() };
}

describe('controllers and scheduler on a real API server', () => {
  let cluster: TestCluster;
  let client: KubeClient;
  const parts: Stoppable[] = [];

  beforeAll(async () => {
    cluster = await startTestCluster({ databaseUrl: inject('databaseUrl') });
    client = cluster.client;
    const context = { client, clock: systemClock, logger: silentLogger, metrics: new Registry() };
    const informers = createClusterInformers(context);
    parts.push(informers);
    parts.push(await startControllers({ ...context, informers }));
    parts.push(await startScheduler({ ...context, informers }));
    parts.push(simulateNode(client, informers, 'sim'));
  });
  afterAll(async () => {
    for (const part of parts.reverse()) await part.stop();
    await cluster?.stop();
  });

  const addNode = async () => {
    if (await client.find(nodes, 'sim')) return;
    const now = toTime(Date.now());
    const lease = { holderIdentity: 'sim', leaseDurationSeconds: 40, renewTime: toMicroTime(Date.now()) };
    await client.create(leases, { metadata: { name: 'sim', namespace: nodeLeaseNamespace }, spec: lease });
    await client.create(nodes, { metadata: { name: 'sim' }, spec: {} });
    const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now }];
    const status = { allocatable: { cpu: '8', memory: '8Gi', pods: '100' }, conditions };
    // A patch, because the node's controller may have tainted it meanwhile.
    await client.patch(nodes, 'sim', undefined, { status }, { type: 'merge', subresource: 'status' });
  };
  const addNamespace = (name: string) => client.create(namespaces, { metadata: { name }, spec: {} });
  const deployment = (namespace: string, image: string, change: Partial<Deployment['spec']> = {}): Deployment => ({
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { name: '', labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
      ...change,
    },
  });
  const setImage = (namespace: string, image: string) => {
    const spec = { template: { spec: { containers: [{ name: 'web', image }] } } };
    return client.patch(deployments, 'web', namespace, { spec }, { type: 'strategic' });
  };
  const images = async (namespace: string) => {
    const { items } = await client.list(pods, { namespace });
    return items.map((pod) => pod.spec?.containers[0]?.image).sort();
  };
  const rolledOut = (namespace: string, image: string, replicas = 3) =>
    eventually(async () => {
      expect(await images(namespace)).toEqual(Array.from({ length: replicas }, () => image));
      const { status } = await client.get(deployments, 'web', namespace);
      expect(status).toMatchObject({ replicas, updatedReplicas: replicas, availableReplicas: replicas });
    });

  it('says why a pod has no node, and places it as soon as there is one', async () => {
    await addNamespace('waiting');
    await client.create(deployments, deployment('waiting', 'one', { replicas: 1 }));
    await eventually(async () => {
      const [pod] = (await client.list(pods, { namespace: 'waiting' })).items;
      const condition = pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
      expect(condition).toMatchObject({
        status: 'False',
        reason: 'Unschedulable',
        message: 'no nodes available to schedule pods',
      });
      const told = (await client.list(events, { namespace: 'waiting' })).items.map(({ reason }) => reason);
      expect(told).toContain('FailedScheduling');
    });
    await addNode();
    await rolledOut('waiting', 'one', 1);
  });

  it('rolls out, scales, rolls on and keeps the revisions', async () => {
    await addNode();
    await addNamespace('rolling');
    await client.create(deployments, deployment('rolling', 'one'));
    await rolledOut('rolling', 'one');
    await client.patch(deployments, 'web', 'rolling', { spec: { replicas: 5 } }, { type: 'merge' });
    await rolledOut('rolling', 'one', 5);
    await client.patch(deployments, 'web', 'rolling', { spec: { replicas: 3 } }, { type: 'merge' });
    await rolledOut('rolling', 'one');
    await setImage('rolling', 'two');
    await rolledOut('rolling', 'two');
    const sets = (await client.list(replicaSets, { namespace: 'rolling' })).items;
    const revisions = sets.map(({ metadata, spec }) => [
      metadata.annotations?.['deployment.kubernetes.io/revision'],
      spec.replicas,
    ]);
    expect(revisions.sort()).toEqual([
      ['1', 0],
      ['2', 3],
    ]);
    const condition = await eventually(async () => {
      const { status } = await client.get(deployments, 'web', 'rolling');
      const found = status?.conditions?.find(({ type }) => type === 'Progressing');
      expect(found?.reason).toBe('NewReplicaSetAvailable');
      return found;
    });
    expect(condition?.status).toBe('True');
  });

  it.skipIf(kubectlMinor() === 0)('answers kubectl rollout status, history and undo', async () => {
    const kubectl = async (...words: string[]) =>
      (await run('/usr/bin/kubectl', ['--kubeconfig', cluster.kubeconfig, '--namespace', 'rolling', ...words])).stdout;
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=15s')).toContain('successfully rolled out');
    const history = await kubectl('rollout', 'history', 'deployment/web');
    expect(history).toMatch(/^1\s/m);
    expect(history).toMatch(/^2\s/m);
    expect(await kubectl('rollout', 'undo', 'deployment/web')).toContain('rolled back');
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=15s')).toContain('successfully rolled out');
    await rolledOut('rolling', 'one');
    expect(await kubectl('rollout', 'history', 'deployment/web')).toMatch(/^3\s/m);
    await kubectl('rollout', 'restart', 'deployment/web');
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=15s')).toContain('successfully rolled out');
  });

  it('keeps the old pods while new ones do not come up', async () => {
    await addNode();
    await addNamespace('broken');
    await client.create(deployments, deployment('broken', 'one'));
    await rolledOut('broken', 'one');
    await setImage('broken', 'broken');
    await eventually(async () => expect(await images('broken')).toEqual(['broken', 'one', 'one', 'one']));
    await setImage('broken', 'one');
    await rolledOut('broken', 'one');
  });

  it('ends every old pod before it makes a new one where told to recreate', async () => {
    await addNode();
    await addNamespace('recreating');
    await client.create(deployments, deployment('recreating', 'one', { strategy: { type: 'Recreate' } }));
    await rolledOut('recreating', 'one');
    const seen = new Set<string>();
    const stopping = new AbortController();
    const watching = (async () => {
      const present = new Map<string, string>();
      for await (const { type, object } of client.watch(pods, { namespace: 'recreating', signal: stopping.signal })) {
        if (type === 'BOOKMARK') continue;
        const pod = object as Pod;
        if (type === 'DELETED') present.delete(pod.metadata.name);
        else present.set(pod.metadata.name, pod.spec?.containers[0]?.image ?? '');
        seen.add([...new Set(present.values())].sort().join('+'));
      }
    })();
    await setImage('recreating', 'two');
    await rolledOut('recreating', 'two');
    stopping.abort();
    await watching;
    expect(seen.has('two')).toBe(true);
    expect(seen.has('one+two')).toBe(false);
  });

  it('tells in slices who serves', async () => {
    await addNode();
    await addNamespace('serving');
    await client.create(services, {
      metadata: { name: 'web', namespace: 'serving' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    await client.create(deployments, deployment('serving', 'one'));
    const ready = async (count: number) =>
      eventually(async () => {
        const slices = (await client.list(endpointSlices, { namespace: 'serving' })).items;
        const addresses = slices.flatMap(({ endpoints = [] }) =>
          endpoints.filter(({ conditions }) => conditions?.ready),
        );
        expect(addresses.length).toBe(count);
        expect(slices.length).toBe(1);
      });
    await ready(3);
    await client.patch(deployments, 'web', 'serving', { spec: { replicas: 1 } }, { type: 'merge' });
    await ready(1);
  });

  it('replaces a pod that was deleted, and takes sets and pods along when the deployment goes', async () => {
    await addNode();
    await addNamespace('gone');
    await client.create(deployments, deployment('gone', 'one'));
    await rolledOut('gone', 'one');
    const [victim] = (await client.list(pods, { namespace: 'gone' })).items;
    await client.delete(pods, victim?.metadata.name ?? '', 'gone');
    await eventually(async () => {
      const { items } = await client.list(pods, { namespace: 'gone' });
      expect(items.some(({ metadata }) => metadata.uid === victim?.metadata.uid)).toBe(false);
      expect(items.length).toBe(3);
    });
    await client.delete(deployments, 'web', 'gone');
    await eventually(async () => {
      expect((await client.list(replicaSets, { namespace: 'gone' })).items).toEqual([]);
      expect((await client.list(pods, { namespace: 'gone' })).items).toEqual([]);
    });
  });

  it('lets a deployment go last in the foreground, and its pods live when they are to be orphaned', async () => {
    await addNode();
    await addNamespace('policies');
    await client.create(deployments, deployment('policies', 'one'));
    await rolledOut('policies', 'one');
    const before = await images('policies');
    await client.delete(deployments, 'web', 'policies', { propagationPolicy: 'Orphan' });
    await eventually(async () => expect(await client.find(deployments, 'web', 'policies')).toBeUndefined());
    const [set] = (await client.list(replicaSets, { namespace: 'policies' })).items;
    expect(set?.metadata.ownerReferences ?? []).toEqual([]);
    expect(await images('policies')).toEqual(before);
    // The same deployment again finds its set and takes it back.
    await client.create(deployments, deployment('policies', 'one'));
    await eventually(async () => {
      const sets = (await client.list(replicaSets, { namespace: 'policies' })).items;
      expect(sets.map(({ metadata }) => metadata.ownerReferences?.length)).toEqual([1]);
    });
    await client.delete(deployments, 'web', 'policies', { propagationPolicy: 'Foreground' });
    await eventually(async () => {
      expect(await client.find(deployments, 'web', 'policies')).toBeUndefined();
      expect(await images('policies')).toEqual([]);
    });
  });

  it('empties a namespace before it goes', async () => {
    await addNode();
    await addNamespace('leaving');
    await client.create(deployments, deployment('leaving', 'one'));
    await client.create(configMaps, { metadata: { name: 'settings', namespace: 'leaving' }, data: { a: 'b' } });
    await rolledOut('leaving', 'one');
    await client.delete(namespaces, 'leaving');
    await eventually(async () => expect(await client.find(namespaces, 'leaving')).toBeUndefined());
    expect((await client.list(pods, { namespace: 'leaving' })).items).toEqual([]);
    expect((await client.list(configMaps, { namespace: 'leaving' })).items).toEqual([]);
  });
});
