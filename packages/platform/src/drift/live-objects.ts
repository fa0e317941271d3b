import type { KubeClient } from '@slipway/orchestrator/client';
import { horizontalPodAutoscalers } from '@slipway/orchestrator/kinds';
import { type Manifest } from '../applications/application-scopes.service.js';
import { managedBy, toSelector } from '../kernel/kubernetes/labels.js';
import { listKind, manifestTypes } from '../rollouts/standing-objects.service.js';
import type { Live } from './drift.rules.js';

/** Pods come and go with their Deployment. */
const kinds = ['ConfigMap', 'Secret', 'Deployment', 'Service', 'HTTPRoute', 'ListenerSet'] as const;

/** What a namespace holds of ours: seven lists, however many applications are in it. */
export interface LiveObjects {
  find(manifest: Manifest): Promise<Live | undefined>;
  /** Whether an autoscaler decides how many pods a Deployment has. */
  isScaled(manifest: Manifest): boolean;
}

export async function readLiveObjects(client: KubeClient, namespace: string): Promise<LiveObjects> {
  const labelSelector = toSelector(managedBy);
  const found = new Map<string, Live>();
  for (const kind of kinds) {
    for (const item of await listKind(client, kind, { namespace, labelSelector }))
      found.set(`${kind}/${item.metadata.name}`, { ...item });
  }
  const { items } = await client.list(horizontalPodAutoscalers, { namespace });
  const scaled = new Set(
    items.map(({ spec }) => spec.scaleTargetRef).flatMap(({ kind, name }) => (kind === 'Deployment' ? [name] : [])),
  );
  return {
    find: async ({ kind, metadata: { name } }) => {
      const listed = found.get(`${kind}/${name}`);
      if (listed) return listed;
      // Somebody may have taken its labels away.
      const object = await client.find(manifestTypes[kind], name, namespace);
      return object && { ...object };
    },
    isScaled: ({ kind, metadata }) => kind === 'Deployment' && scaled.has(metadata.name),
  };
}
