import type { Node } from '@slipway/orchestrator/kinds';
import { z } from 'zod';
import { pageOf } from '../kernel/http/schemas.js';

const nodeAnswer = z
  .object({
    name: z.string(),
    ready: z.boolean(),
    cpu: z.string().nullable().meta({ description: 'Allocatable, a Kubernetes quantity.' }),
    memory: z.string().nullable(),
    pods: z.string().nullable(),
  })
  .meta({ id: 'ClusterNode' });

export const clusterAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['embedded', 'kubernetes']),
    server: z.string().nullable(),
    kubernetesVersion: z.string().nullable(),
    state: z.enum(['ready', 'unreachable']),
    nodes: z.array(nodeAnswer),
  })
  .meta({ id: 'Cluster' });
export type ClusterAnswer = z.output<typeof clusterAnswer>;
export const clusterPage = pageOf(clusterAnswer).meta({ id: 'ClusterPage' });

export function toNodeAnswer(node: Node): z.output<typeof nodeAnswer> {
  const amounts = node.status?.allocatable ?? {};
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  return {
    name: node.metadata.name ?? '',
    ready: ready?.status === 'True',
    cpu: amounts['cpu'] ?? null,
    memory: amounts['memory'] ?? null,
    pods: amounts['pods'] ?? null,
  };
}
