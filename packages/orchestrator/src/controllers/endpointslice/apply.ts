import { isAlreadyExists, isNotFound, type KubeClient } from '../../client/index.js';
import { endpointSlices, endpoints } from '../../kinds/index.js';
import type { Action } from './plan.js';

/** Performs one action; doing it again changes nothing. Gives the revision of a slice that was written. */
export async function apply(
  action: Action,
  namespace: string | undefined,
  client: KubeClient,
): Promise<string | undefined> {
  switch (action.do) {
    case 'create':
      try {
        return (await client.create(endpointSlices, action.slice)).metadata.resourceVersion;
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        // Made by us in a former life, or a stranger's: either way what it says must be ours.
        const current = await client.get(endpointSlices, action.slice.metadata.name, namespace);
        const metadata = { ...action.slice.metadata, resourceVersion: current.metadata.resourceVersion };
        return (await client.update(endpointSlices, { ...action.slice, metadata })).metadata.resourceVersion;
      }
    case 'update':
      return (await client.update(endpointSlices, action.slice)).metadata.resourceVersion;
    case 'delete':
      await client.delete(endpointSlices, action.name, namespace).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      return undefined;
    case 'mirror':
      if (action.exists) await client.update(endpoints, action.endpoints);
      else await client.create(endpoints, action.endpoints);
      return undefined;
    default:
      return action satisfies never;
  }
}
