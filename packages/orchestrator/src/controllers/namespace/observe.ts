import { isNotFound, type KubeClient } from '../../client/index.js';
import type { Namespace } from '../../kinds/index.js';
import type { DiscoveredType } from '../discovery.js';
import type { Content, Observed } from './plan.js';

/** Reads the cluster itself, not a copy: what is taken for empty is gone for good. */
export async function observe(
  namespace: Namespace,
  types: readonly DiscoveredType[],
  client: KubeClient,
): Promise<Observed> {
  const contents: Content[] = [];
  for (const type of types) {
    if (!type.namespaced || !type.verbs.includes('list') || !type.verbs.includes('delete')) continue;
    // The same objects as core events, under another name.
    if (type.group === 'events.k8s.io') continue;
    try {
      const { items } = await client.list(type, { namespace: namespace.metadata.name });
      contents.push({ type, objects: items });
    } catch (error) {
      // The kind was withdrawn since discovery.
      if (!isNotFound(error)) throw error;
    }
  }
  return { namespace, contents };
}
