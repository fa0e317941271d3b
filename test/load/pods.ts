import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPlatformConfig } from '@slipway/local';
import { createKubeClient, loadKubeconfig } from '@slipway/orchestrator/client';
import { pods } from '@slipway/orchestrator/kinds';
import { createCriRuntime } from '@slipway/orchestrator/node';
import type { Figure } from './figure.js';

const rounds = 10;
const namespace = 'default';

/**
 * From the create of a pod to its container running, seen by a watch, against the bare sequence of CRI calls (sandbox,
 * container, start) on the same containerd with the same image; the image is there before. Medians of some rounds.
 */
export async function measurePods(home: string): Promise<Figure[]> {
  const { id, ports } = loadPlatformConfig({ home });
  const image = `127.0.0.1:${ports.api}/library/busybox:latest`;
  const client = createKubeClient(await loadKubeconfig(join(home, 'kubeconfig')));
  try {
    await untilRunning(client, image, 'bench-warm');
    const through: number[] = [];
    for (let round = 0; round < rounds; round += 1) through.push(await untilRunning(client, image, `bench-${round}`));
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) bare.push(await bareSequence(home, `/slipway_${id}`, image, round));
    const ratio = median(through) / median(bare);
    return [
      { name: 'pod start through the API', value: median(through), unit: 'ms', note: `${ratio.toFixed(2)} × bare CRI` },
      { name: 'pod start, bare CRI', value: median(bare), unit: 'ms' },
    ];
  } finally {
    await client.close();
  }
}

async function untilRunning(client: ReturnType<typeof createKubeClient>, image: string, name: string): Promise<number> {
  const ending = new AbortController();
  const began = performance.now();
  const container = { name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['sleep', '600'] };
  const made = await client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [container], automountServiceAccountToken: false, terminationGracePeriodSeconds: 0 },
  });
  const { resourceVersion } = made.metadata;
  const fieldSelector = `metadata.name=${name}`;
  let took = Number.NaN;
  for await (const event of client.watch(pods, { namespace, fieldSelector, resourceVersion, signal: ending.signal })) {
    if (event.type !== 'MODIFIED' || event.object.status?.phase !== 'Running') continue;
    took = performance.now() - began;
    break;
  }
  ending.abort();
  await client.delete(pods, name, namespace, { gracePeriodSeconds: 0 });
  return took;
}

async function bareSequence(home: string, cgroupParent: string, image: string, round: number): Promise<number> {
  const runtime = createCriRuntime(join(home, 'containerd/containerd.sock'));
  const logDirectory = join(home, 'cluster', `bench-${round}`);
  const namespaceOptions = { network: 'POD', pid: 'CONTAINER', ipc: 'POD' } as const;
  const sandbox = {
    metadata: { name: `bare-${round}`, namespace, uid: `bare-${round}`, attempt: 0 },
    hostname: 'bare',
    logDirectory,
    portMappings: [],
    labels: {},
    annotations: {},
    linux: {
      cgroupParent,
      sysctls: {},
      securityContext: { namespaceOptions, privileged: false, supplementalGroups: [] },
    },
  };
  let id: string | undefined;
  try {
    await runtime.version();
    const began = performance.now();
    id = await runtime.runSandbox(sandbox);
    const container = await runtime.createContainer(
      id,
      {
        metadata: { name: 'main', attempt: 0 },
        image: { image },
        command: ['sleep', '600'],
        args: [],
        workingDir: '',
        envs: [],
        mounts: [],
        labels: {},
        annotations: {},
        logPath: 'main.log',
        stdin: false,
        stdinOnce: false,
        tty: false,
        linux: {
          resources: {},
          securityContext: {
            privileged: false,
            namespaceOptions,
            readonlyRootfs: false,
            supplementalGroups: [],
            noNewPrivs: false,
            maskedPaths: [],
            readonlyPaths: [],
          },
        },
      },
      sandbox,
    );
    await runtime.startContainer(container);
    return performance.now() - began;
  } finally {
    if (id !== undefined) {
      await runtime.stopSandbox(id);
      await runtime.removeSandbox(id);
    }
    runtime.close();
    await rm(logDirectory, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
