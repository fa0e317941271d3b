import { Injectable } from '@nestjs/common';
import { isNotFound, type KubeClient } from '@slipway/orchestrator/client';
import { type Deployment, deployments, type Pod, pods } from '@slipway/orchestrator/kinds';
import {
  labelSelectorOf,
  otherSlot,
  type PlacementScope,
  readSlot,
} from '../../applications/application-scopes.service.js';
import { ClustersService } from '../../clusters/clusters.service.js';
import { Clock } from '../../kernel/clock/clock.js';
import { newId } from '../../kernel/ids/ids.js';
import { managedBy, toSelector } from '../../kernel/kubernetes/labels.js';
import { namesOf } from '../../releases/release-content.service.js';
import type { JobProbe, Outcome } from './probe.rules.js';

const usualTimeoutSeconds = 60;
const lookMilliseconds = 1_000;
/** For the node to tell the pod that its time is over. */
const graceSeconds = 15;

/**
 * Runs a command in a pod of the new release: its image, environment, limits and user, taken from its Deployment as it stands, so
 * that nothing runs here that was not let in there. The pod is the Deployment's own, so it goes with it whatever becomes of the worker.
 */
@Injectable()
export class JobProbes {
  constructor(
    private readonly clusters: ClustersService,
    private readonly clock: Clock,
  ) {}

  async take(scope: PlacementScope, probe: JobProbe, labels: Readonly<Record<string, string>>, signal: AbortSignal) {
    const { cluster } = scope.environment;
    try {
      return await this.clusters.use(cluster, (client) => this.run(client, scope, probe, labels, signal));
    } catch (error) {
      return { type: 'error', message: error instanceof Error ? error.message : 'The pod could not be run.' } as const;
    }
  }

  private async run(
    client: KubeClient,
    scope: PlacementScope,
    probe: JobProbe,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { namespace } = scope.environment;
    const owner = await findOwner(client, scope, probe.process);
    if (!owner) return { type: 'error', message: `No pods of the process ${probe.process ?? 'web'} are there.` };
    await this.clear(client, namespace, labels);
    const timeoutSeconds = probe.timeoutSeconds ?? usualTimeoutSeconds;
    const pod = toPod(owner, { ...probe, timeoutSeconds }, namespace, labels);
    const name = pod.metadata.name ?? '';
    await client.create(pods, pod);
    try {
      const ended = await this.end(client, namespace, name, timeoutSeconds, signal);
      if (!ended) return { type: 'error', message: signal.aborted ? 'It was ended.' : 'It did not begin in time.' };
      const log = await readLog(client, namespace, name, signal);
      return toOutcome(ended, log);
    } finally {
      await removePod(client, namespace, name);
    }
  }

  /** What a worker left that is no more. */
  private async clear(client: KubeClient, namespace: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const { items } = await client.list(pods, { namespace, labelSelector: toSelector(labels) });
    for (const { metadata } of items) await removePod(client, namespace, metadata.name ?? '');
  }

  private async end(client: KubeClient, namespace: string, name: string, seconds: number, signal: AbortSignal) {
    const until = this.clock.now().getTime() + (seconds + graceSeconds) * 1000;
    while (!signal.aborted && this.clock.now().getTime() < until) {
      const pod = await client.find(pods, name, namespace);
      if (pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed') return pod;
      await this.clock.sleep(lookMilliseconds, signal);
    }
    return undefined;
  }
}

/** The candidate's Deployment of the process; without a name, of `web` or the first. */
async function findOwner(client: KubeClient, scope: PlacementScope, process: string | undefined) {
  const { items } = await client.list(deployments, {
    namespace: scope.environment.namespace,
    labelSelector: `${labelSelectorOf(namesOf(scope), process)},slipway.dev/slot=${otherSlot(readSlot(scope.placement))}`,
  });
  return items.find(({ metadata }) => metadata.labels?.['slipway.dev/process'] === 'web') ?? items[0];
}

function toPod(
  owner: Deployment,
  { command, timeoutSeconds }: JobProbe,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Pod {
  const { spec } = owner.spec.template;
  const [first] = spec?.containers ?? [];
  const { image = '', env, envFrom, resources, securityContext, imagePullPolicy } = first ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${owner.metadata.name}-probe-${newId().slice(-8)}`,
      namespace,
      labels: { ...managedBy, ...labels },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: owner.metadata.name ?? '', uid: owner.metadata.uid ?? '' },
      ],
    },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: timeoutSeconds,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: spec?.imagePullSecrets,
      securityContext: spec?.securityContext,
      containers: [
        { name: 'probe', image, imagePullPolicy, command: [...command], env, envFrom, resources, securityContext },
      ],
    },
  };
}

/** What it printed last, where that is a number or JSON: the result. */
function toOutcome(pod: Pod, log: string): Outcome {
  const ended = pod.status?.containerStatuses?.[0]?.state?.terminated;
  const last = log.trim().split('\n').at(-1) ?? '';
  if (pod.status?.phase !== 'Succeeded') {
    const said =
      pod.status?.reason === 'DeadlineExceeded' ? 'it took too long' : `it ended with code ${ended?.exitCode}`;
    return { type: 'decided', phase: 'failed', message: [said, last].filter(Boolean).join(': ') };
  }
  try {
    const value: unknown = JSON.parse(last);
    return { type: 'value', value };
  } catch {
    return { type: 'value', value: last };
  }
}

const logLines = 20;
const mostLog = 16_000;

async function readLog(client: KubeClient, namespace: string, name: string, signal: AbortSignal): Promise<string> {
  try {
    const stream = await client.podLog(namespace, name, { container: 'probe', tailLines: logLines, signal });
    let text = '';
    for await (const chunk of stream) text = (text + String(chunk)).slice(-mostLog);
    return text;
  } catch {
    // Its exit code is what counts.
    return '';
  }
}

async function removePod(client: KubeClient, namespace: string, name: string): Promise<void> {
  try {
    await client.delete(pods, name, namespace, { gracePeriodSeconds: 0 });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
