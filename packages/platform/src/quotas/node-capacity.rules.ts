import type { Node } from '@slipway/orchestrator/kinds';
import { parseAmount, toResource } from './quantities.rules.js';

/** What nodes can give, by resource in base units; those that take no new pods are left out. */
export function sumAllocatable(nodes: readonly Node[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const node of nodes) {
    if (node.spec?.unschedulable) continue;
    for (const [name, text] of Object.entries(node.status?.allocatable ?? {})) {
      const resource = toResource(name === 'pods' ? name : `requests.${name}`);
      const amount = resource && parseAmount(resource, String(text));
      if (resource && amount) sums.set(resource, (sums.get(resource) ?? 0n) + amount);
    }
  }
  return sums;
}
