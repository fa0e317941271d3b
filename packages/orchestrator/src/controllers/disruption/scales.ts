import { type KubeClient, toKubeError } from '../../client/index.js';
import type { OwnerReference } from '../../kinds/index.js';
import type { Clock } from '../../runtime/index.js';
import { type DiscoveredType, discoverTypes } from '../discovery.js';

/** How many pods an owner wants; undefined where it is gone. Throws where it has no scale, or the cluster cannot say. */
export type FindScale = (
  owner: OwnerReference,
  namespace: string,
) => Promise<{ uid: string; replicas: number } | undefined>;

const discoveryKeptMs = 60_000;

/** Asks the `scale` of whatever resource the cluster serves. */
export function createScaleFinder(client: KubeClient, clock: Clock): FindScale {
  let types: Promise<DiscoveredType[]> | undefined;
  let lacking = new Set<string>();
  let readAt = 0;
  const typeOf = async (group: string, kind: string): Promise<DiscoveredType | undefined> => {
    if (!types || clock.now() - readAt > discoveryKeptMs) {
      readAt = clock.now();
      lacking = new Set();
      types = discoverTypes(client, (each) => lacking.add(each));
    }
    const reading = types;
    try {
      const found = (await reading).find((each) => each.group === group && each.kind === kind);
      if (!found && lacking.has(group)) throw new Error(`the resources of ${group} cannot be told now`);
      return found;
    } catch (error) {
      if (types === reading) types = undefined;
      throw error;
    }
  };

  return async (owner, namespace) => {
    const slash = owner.apiVersion.indexOf('/');
    const group = slash < 0 ? '' : owner.apiVersion.slice(0, slash);
    const type = await typeOf(group, owner.kind);
    if (!type) return undefined;
    const root = group === '' ? `/api/${type.version}` : `/apis/${group}/${type.version}`;
    const path = `${root}/namespaces/${namespace}/${type.plural}/${encodeURIComponent(owner.name)}`;
    const answer = await client.request('GET', `${path}/scale`);
    const body: unknown = await answer.json();
    if (answer.ok) return scaleOf(body, owner.uid);
    if (answer.status !== 404) throw toKubeError(body, answer.status);
    // Either the object is not there, or it has no scale.
    const object = await client.request('GET', path);
    await object.text();
    if (object.status === 404) return undefined;
    throw new Error(`${type.plural}${group && `.${group}`} does not implement the scale subresource`);
  };
}

interface Scale {
  metadata?: { uid?: string };
  spec?: { replicas?: number };
}

function scaleOf(body: unknown, uid: string): { uid: string; replicas: number } | undefined {
  const { metadata, spec } = body as Scale;
  return metadata?.uid === uid ? { uid, replicas: spec?.replicas ?? 0 } : undefined;
}
